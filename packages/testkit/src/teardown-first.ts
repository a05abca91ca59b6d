/**
 * Loaded before each test file (.taprc): what a test started is stopped before its t.testdir() is removed.
 * Where the folder was asked for before the first t.teardown(), tap by itself removes it first, under the programs
 * that still write into it; then rmdir fails, now and then, and no teardown is called at all.
 */
import t from 'tap';

// the teardowns of a test have the place of the first, and come before a folder that is asked for later
t.teardown(() => undefined);
t.beforeEach((t) => {
  t.teardown(() => undefined);
});
