# -*- coding: utf-8 -*-
"""What a play changed and what failed, one JSON object a line, for kickd on this host.

Ansible loads this file where ANSIBLE_CALLBACK_PLUGINS names its folder, and it does nothing unless
KICKD_ANSIBLE_REPORT names the file to write. Names alone are written: no result, no argument and no
output of a task, since these can hold secrets. Written for Ansible 2.9 and later, on Python 2.7 and later.

    {"is": "begin", "format": 1}
    {"is": "changed", "kind": "task", "name": "web up"}
    {"is": "pending", "kind": "handler", "name": "reloaded"}          in check mode
    {"is": "failed", "kind": "task", "name": "breaks", "rescued": true}
    {"is": "end", "plays": 1, "empty": 0, "changed": 1, "pending": 1, "failed": 0}

A name stands once in a list. The last line counts results, not names: a task on two hosts counts twice.
"""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: kickd_report
    type: notification
    short_description: Writes which tasks changed something or failed
    description:
      - One JSON object a line, into the file that KICKD_ANSIBLE_REPORT names.
"""

# So that the file stays below a megabyte whatever the policy is: kickd reads no more, and names fewer than these.
# Of each kind of line; a character can take twelve bytes.
NAMES_MAX = 100
NAME_MAX = 200


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "kickd_report"

    def __init__(self, *args, **kwargs):
        super(CallbackModule, self).__init__(*args, **kwargs)
        self._file = None
        self._names = {}
        self._written = {}
        self._counts = {"plays": 0, "empty": 0, "changed": 0, "pending": 0}
        # taken away: an ansible-playbook that a task starts must not write into the file of this one
        path = os.environ.pop("KICKD_ANSIBLE_REPORT", None)
        if path:
            self._open(path)
        self.disabled = self._file is None

    def _open(self, path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            self._display.warning("kickd_report writes nothing: %s" % error)
            return
        self._write({"is": "begin", "format": 1})

    def _write(self, line):
        if self._file is None:
            return
        # ASCII: whatever a name holds, it is one line
        data = (json.dumps(line, sort_keys=True) + "\n").encode("ascii")
        try:
            while data:
                data = data[os.write(self._file, data):]
        except OSError as error:
            # a file without its last line is not believed
            self._file = None
            self._display.warning("kickd_report writes nothing more: %s" % error)

    def _name(self, task):
        # as it was when the task began: only then its variables are filled in
        kind, name = self._names.get(task._uuid) or ("task", task.get_name())
        return kind, name.strip()[:NAME_MAX]

    def _add(self, what, task, **more):
        kind, name = self._name(task)
        written = self._written.setdefault((what, bool(more)), set())
        if (kind, name) in written or len(written) >= NAMES_MAX:
            return
        written.add((kind, name))
        self._write(dict({"is": what, "kind": kind, "name": name}, **more))

    def _add_change(self, result, counts=True):
        what = "pending" if _is_check(result) else "changed"
        if counts:
            self._counts[what] += 1
        self._add(what, result._task)

    def v2_playbook_on_play_start(self, play):
        self._counts["plays"] += 1

    def v2_playbook_on_no_hosts_matched(self):
        self._counts["empty"] += 1

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._names[task._uuid] = ("task", task.get_name())

    def v2_playbook_on_cleanup_task_start(self, task):
        self._names[task._uuid] = ("task", task.get_name())

    def v2_playbook_on_handler_task_start(self, task):
        self._names[task._uuid] = ("handler", task.get_name())

    def v2_runner_on_ok(self, result):
        if _is_changed(result):
            self._add_change(result)

    def v2_runner_item_on_ok(self, result):
        # counted with its task, unless another item fails: then this alone tells that something was changed
        if _is_changed(result):
            self._add_change(result, counts=False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if ignore_errors:
            return
        if _is_rescued(result._task):
            self._add("failed", result._task, rescued=True)
        else:
            self._add("failed", result._task)

    def v2_runner_on_unreachable(self, result):
        if not _is_set(result, "ignore_unreachable"):
            self._add("failed", result._task)

    def v2_playbook_on_stats(self, stats):
        hosts = [stats.summarize(host) for host in stats.processed]
        failed = sum(host["failures"] + host["unreachable"] for host in hosts)
        self._write(dict({"is": "end", "failed": failed}, **self._counts))


def _is_changed(result):
    return bool(result._result.get("changed", False))


def _is_check(result):
    return _is_set(result, "check_mode")


def _is_set(result, field):
    # The fields as the worker filled them in; the task itself may still hold a template.
    try:
        value = result._task_fields.get(field)
    except AttributeError:
        value = getattr(result._task, field, None)
    if value is True or value is False or value is None:
        return bool(value)
    return str(value).lower() in ("true", "yes", "on", "1")


def _is_rescued(task):
    """Whether a block around the task has a rescue section for it."""
    child = task
    block = getattr(task, "_parent", None)
    while block is not None:
        if getattr(block, "rescue", None):
            uuids = [one._uuid for one in block.rescue + (block.always or [])]
            if child._uuid not in uuids:
                return True
        child = block
        block = getattr(block, "_parent", None)
    return False
