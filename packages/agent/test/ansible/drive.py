"""Plays events into kickd's callback without Ansible: its base class and its objects are stood in for.

Standard input is a list of [event, arguments]; standard output is what the callback warned of.
"""
import json
import os
import sys
import types

sys.dont_write_bytecode = True


class Display:
    def warning(self, text):
        print(text)


class CallbackBase(object):
    def __init__(self):
        self._display = Display()


for name in ("ansible", "ansible.plugins", "ansible.plugins.callback"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["ansible.plugins.callback"].CallbackBase = CallbackBase
sys.path.insert(0, sys.argv[1])
from kickd_report import CallbackModule  # noqa: E402


class Task:
    _parent = None

    def __init__(self, name):
        self._uuid = name
        self._name = name

    def get_name(self):
        return self._name


class Block:
    _parent = None
    _uuid = "block"

    def __init__(self, rescue):
        self.rescue = rescue
        self.always = []


class Result:
    def __init__(self, task, result, fields):
        self._task = task
        self._result = result
        self._task_fields = fields


class Stats:
    def __init__(self, hosts):
        self.processed = hosts

    def summarize(self, host):
        return dict({"failures": 0, "unreachable": 0}, **self.processed[host])


callback = CallbackModule()
if getattr(callback, "disabled", False):
    print("disabled")
if "KICKD_ANSIBLE_REPORT" in os.environ:
    print("still in the environment")
tasks = {}
for event, arguments in json.load(sys.stdin):
    if event == "stats":
        callback.v2_playbook_on_stats(Stats(arguments))
    elif event == "play":
        callback.v2_playbook_on_play_start(None)
    elif event == "start":
        callback.v2_playbook_on_task_start(Task(arguments), False)
    else:
        task = tasks.setdefault(arguments["name"], Task(arguments["name"]))
        rescue = arguments.get("rescue")
        if rescue is not None:
            task._parent = Block([Task(one) for one in rescue])
        result = Result(task, arguments.get("result", {}), arguments.get("fields", {}))
        if event == "failed":
            callback.v2_runner_on_failed(result, arguments.get("ignore", False))
        else:
            getattr(callback, "v2_" + event)(result)
