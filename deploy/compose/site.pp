# What `puppet apply` holds each managed host to.
include httpd
