# @summary An absolute path.
type Kickd::Path = Pattern[/\A\/[^\n\0]*\z/]
