#!/usr/bin/env bash
# Browser CI. Its harnesses can't be run here: one script plays mochitest, reftest, xpcshell, web-platform-tests,
# Marionette, gtest, a build by mach, mozharness and buildbot around them, and Chromium's launcher, in their formats.
. "$(dirname "$0")/common.sh"

harness='cat > harness.py <<"PY"
import random, sys
random.seed(7)
count = 0
def info(text): print(f"{stamp()} INFO - {text}")
def error(text): print(f"{stamp()} ERROR - {text}")
def warning(text): print(f"{stamp()} WARNING - {text}")
def stamp():
    global count
    count += 1
    return f"{10 + count // 3600 % 12:02d}:{count // 60 % 60:02d}:{count % 60:02d}    "
def setup(suite, packages=40):
    info(f"MultiFileLogger online at 20260304 10:00:00 in /builds/worker")
    info(f"Run as scripts/desktop_unittest.py --cfg unittests/linux_unittest.py --{suite}")
    info("Dumping config to /builds/worker/workspace/logs/localconfig.json.")
    for n in range(packages):
        info(f"Downloading and extracting to /builds/worker/workspace/build these dirs bin/*, tools/{n}")
        info(f"retry: Calling fetch_url_into_memory with args: (), kwargs: url: https://example.org/public/build/target.{n}.tests.tar.gz, attempt #1")
        if n == 11:
            warning("Timed out accessing https://example.org/public/build/target.11.tests.tar.gz: timed out")
            info("retry: attempt #1 caught URLError exception: <urlopen error timed out>")
            info("sleeping for 4.0s (attempt 1/5)")
def noise(test, n):
    kind = n % 9
    if kind == 0: info(f"GECKO(1734) | JavaScript error: resource://gre/modules/Feed{n}.sys.mjs, line {n}: NS_ERROR_FAILURE: Component returned failure code")
    if kind == 1: info(f"GECKO(1734) | [Parent 1734, Main Thread] WARNING: NS_ENSURE_SUCCESS(rv, rv) failed with result 0x80004005 (NS_ERROR_FAILURE): file /builds/worker/checkouts/gecko/dom/base/nsContent{n}.cpp:{n}")
    if kind == 2: info(f"GECKO(1734) | console.error: \"Failed to load {test}.properties: error 404\"")
    if kind == 3: info(f"TEST-KNOWN-FAIL | {test} | bug {100000 + n} - todo")
    if kind == 4: info(f"GECKO(1734) | ###!!! ASSERTION: bad state (expected, see annotation): file a.cpp, line {n}")
    if kind == 5: info(f"GECKO(1734) | *** UTM:SVC TimerManager:registerTimer called after profile-before-change notification. Ignoring timer registration for id: t{n}")
def closing(code):
    info("Buffered messages finished") if code else None
    info("TEST-INFO | Main app process: exit 0")
    info("runtests.py | Application ran for: 0:12:40.120034")
    info("zombiecheck | Reading PID log: /tmp/tmp1u.pidlog")
    for n in range(60): info(f"mozcrash Copy/paste: /builds/worker/fetches/minidump-stackwalk --symbols-url=https://example.org/symbols/{n}")
    if code: error(f"Return code: {code}"); warning("setting return code to 1")
    else: info("Return code: 0")
    info("Running post-action listener: _package_coverage_data")
    for n in range(40): info(f"Copying logs to upload dir: errors_{n}.log")
    if code: warning("# TBPL WARNING #")
    else: info("# TBPL SUCCESS #")
PY
'
plays() { { printf '%s\n' "$harness"; cat; } | fails "$@"; }
plays_clean() { { printf '%s\n' "$harness"; cat; } | clean "$@"; }

plays gecko-reftest --category test --root "REFTEST TEST-UNEXPECTED-FAIL | layout/reftests/border-radius/curved-417.html == layout/reftests/border-radius/curved-ref.html" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("reftest-suite=reftest")
for n in range(1300):
    name = f"layout/reftests/border-radius/curved-{n}.html == layout/reftests/border-radius/curved-ref.html"
    info(f"REFTEST TEST-START | {name}")
    info(f"REFTEST TEST-LOAD | file:///builds/worker/workspace/build/tests/reftest/tests/{name.split()[0]} | {n} / 1300 ({n // 13}%)")
    noise(name, n)
    if n == 417:
        error(f"REFTEST TEST-UNEXPECTED-FAIL | {name} | image comparison, max difference: 134, number of differing pixels: 22")
        info("REFTEST   IMAGE 1 (TEST): data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAAA" * 90)
        info("REFTEST   IMAGE 2 (REFERENCE): data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAAB" * 90)
    elif n % 40 == 0: info(f"REFTEST TEST-KNOWN-FAIL | {name} | image comparison, max difference: 255, number of differing pixels: 800")
    else: info(f"REFTEST TEST-PASS | {name} | image comparison, max difference: 0, number of differing pixels: 0")
    info(f"REFTEST TEST-END | {name}")
info("REFTEST INFO | Result summary:")
info("REFTEST INFO | Successful: 1267 (1267 pass, 0 load only)")
info("REFTEST INFO | Unexpected: 1 (1 unexpected fail, 0 unexpected pass, 0 unexpected asserts, 0 failed load, 0 exception)")
closing(1)
sys.exit(1)
PY
step ./mach reftest
python3 harness.py
RUN

plays gecko-xpcshell --category test --root "TEST-UNEXPECTED-FAIL | services/sync/tests/unit/test_bookmark_order.js | xpcshell return code: 0" --root "run_test - [run_test : 48] \"a\" == \"b\"" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("xpcshell-suite=xpcshell")
for n in range(900):
    info(f"TEST-START | services/sync/tests/unit/test_errorhandler_{n}.js")
    noise(f"services/sync/{n}", n)
    if n == 388:
        info("TEST-START | services/sync/tests/unit/test_bookmark_order.js")
        warning("TEST-UNEXPECTED-FAIL | services/sync/tests/unit/test_bookmark_order.js | xpcshell return code: 0")
        info("TEST-INFO took 412ms")
        info(">>>>>>>")
        info("PID 4123 | [4123, Main Thread] WARNING: Failed to get directory to cache.: file Cache.cpp, line 12")
        info("(xpcshell/head.js) | test MAIN run_test pending (1)")
        warning("TEST-UNEXPECTED-FAIL | services/sync/tests/unit/test_bookmark_order.js | run_test - [run_test : 48] \"a\" == \"b\"")
        info("/builds/worker/workspace/build/tests/xpcshell/tests/services/sync/tests/unit/test_bookmark_order.js:run_test:48")
        info("exiting test")
        info("<<<<<<<")
    info(f"TEST-PASS | services/sync/tests/unit/test_errorhandler_{n}.js | took {n % 300}ms")
info("INFO | Result summary:")
info("INFO | Passed: 900")
warning("INFO | Failed: 1")
closing(1)
sys.exit(1)
PY
step ./mach xpcshell-test
python3 harness.py
RUN

plays gecko-wpt --category test --root "TEST-UNEXPECTED-FAIL | /css/css-grid/abspos/positioned-007.html | .grid 4 - assert_equals:" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("test-type=testharness")
for n in range(700):
    test = f"/css/css-grid/abspos/errors-{n}.html"
    info(f"TEST-START | {test}")
    noise(test, n)
    info(f"TEST-PASS | {test} | parses the value ")
    if n % 25 == 0: info(f"TEST-FAIL | {test} | legacy error event - assert_true: expected true got false")
    if n == 512:
        info("TEST-UNEXPECTED-FAIL | /css/css-grid/abspos/positioned-007.html | .grid 4 - assert_equals: ")
        info("<div class=\"grid\"></div>")
        info("offsetLeft expected 130 but got 30")
        info("checkSubtreeExpectedValues@https://web-platform.test:8443/resources/check-layout-th.js:92:27")
        info("TEST-OK | /css/css-grid/abspos/positioned-007.html | took 210ms")
    info(f"TEST-OK | {test} | took {n % 200}ms")
info("Got 1 unexpected results, with 0 unexpected passes")
closing(1)
sys.exit(1)
PY
step ./mach wpt
python3 harness.py
RUN

plays gecko-crash --category runtime --category test --root "PROCESS-CRASH | dom/media/test/test_eme_session.html | application crashed [@ mozilla::MediaKeySession::Close]" --root "Assertion failure: mKeys, at /builds/worker/checkouts/gecko/dom/media/eme/MediaKeySession.cpp:331" --root "TEST-UNEXPECTED-FAIL | dom/media/test/test_eme_session.html | application terminated with exit code 11" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("mochitest-suite=mochitest-media")
for n in range(800):
    test = f"dom/media/test/test_error_on_404_{n}.html"
    info(f"TEST-START | {test}")
    noise(test, n)
    info(f"TEST-PASS | {test} | error event was fired")
    info(f"TEST-OK | {test} | took {n % 500}ms")
info("TEST-START | dom/media/test/test_eme_session.html")
info("GECKO(1734) | Assertion failure: mKeys, at /builds/worker/checkouts/gecko/dom/media/eme/MediaKeySession.cpp:331")
for n in range(30): info(f"GECKO(1734) | #{n:02d}: ???[/builds/worker/workspace/build/application/firefox/libxul.so +0x{n * 4099:x}]")
info("GECKO(1734) | ExceptionHandler::GenerateDump cloned child 1801")
info("TEST-INFO | Main app process: exit 11")
info("Buffered messages finished")
error("TEST-UNEXPECTED-FAIL | dom/media/test/test_eme_session.html | application terminated with exit code 11")
info("runtests.py | Application ran for: 0:09:11.000213")
error("PROCESS-CRASH | dom/media/test/test_eme_session.html | application crashed [@ mozilla::MediaKeySession::Close]")
info("Crash dump filename: /tmp/tmp2.mozrunner/minidumps/4a.dmp")
info("Operating system: Linux")
info("Crash reason:  SIGSEGV / SEGV_MAPERR")
info("Thread 0 (crashed)")
for n in range(90): info(f" {n}  libxul.so!mozilla::Frame{n} [MediaKeySession.cpp:{n} : {n} + 0x5]")
warning("leakcheck | refcount logging is off, so leaks can't be detected!")
closing(1)
sys.exit(1)
PY
step ./mach mochitest --subsuite media
python3 harness.py
RUN

plays gecko-marionette --category test --root "TEST-UNEXPECTED-ERROR | testing/marionette/harness/tests/unit/test_window_rect.py TestWindowRect.test_set_position | NoSuchWindowException" --root "NoSuchWindowException: Browsing context has been discarded" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("marionette")
for n in range(420):
    test = f"testing/marionette/harness/tests/unit/test_errors.py TestErrors.test_error_{n}"
    info(f"TEST-START | {test}")
    info(f"1709546{n:03d}\tMarionette\tDEBUG\t0 <- [1,{n},{{\"error\":\"no such element\",\"message\":\"Unable to locate element: #id{n}\",\"stacktrace\":\"\"}},null]")
    info(f"TEST-PASS | {test} | took {n}ms")
    if n == 201:
        info("TEST-START | testing/marionette/harness/tests/unit/test_window_rect.py TestWindowRect.test_set_position")
        error("TEST-UNEXPECTED-ERROR | testing/marionette/harness/tests/unit/test_window_rect.py TestWindowRect.test_set_position | NoSuchWindowException: Browsing context has been discarded")
        info("Traceback (most recent call last):")
        info("  File \"/builds/worker/workspace/build/venv/lib/python3.8/site-packages/marionette_harness/marionette_test/testcases.py\", line 196, in run")
        info("    testMethod()")
        info("TEST-INFO took 99ms")
info("SUITE-END | took 412s")
info("SUMMARY"); info("-------"); info("passed: 420"); info("failed: 1"); info("todo: 0")
info("FAILED TESTS"); info("-------"); info("test_window_rect.py test_window_rect.TestWindowRect.test_set_position")
closing(10)
sys.exit(1)
PY
step ./mach marionette-test
python3 harness.py
RUN

plays gecko-mach-build --category compile --root "gfx/layers/Compositor.cpp:212:31: error: no member named 'AsLayerTree' in 'mozilla::layers::Compositor'" --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
for n in range(260): info(f" 0:{n % 60:02d}.{n % 100:02d} checking for error_header_{n}.h... no")
for n in range(1500):
    info(f" {1 + n // 60}:{n % 60:02d}.{n % 100:02d} gfx/layers/error_{n}.o")
    if n % 30 == 0: info(f" {1 + n // 60}:{n % 60:02d}.00 /builds/worker/checkouts/gecko/gfx/layers/error_{n}.cpp:{n + 1}:9: warning: unused variable 'failed' [-Wunused-variable]")
    if n == 701:
        error(" 12:41.20 /builds/worker/checkouts/gecko/gfx/layers/Compositor.cpp:212:31: error: no member named 'AsLayerTree' in 'mozilla::layers::Compositor'")
        info(" 12:41.20   212 |   auto* tree = mCompositor->AsLayerTree();")
        info(" 12:41.20       |                ~~~~~~~~~~~  ^")
        info(" 12:41.20 1 error generated.")
        error(" 12:41.22 gmake[4]: *** [/builds/worker/checkouts/gecko/config/rules.mk:689: Compositor.o] Error 1")
        error(" 12:41.22 gmake[3]: *** [/builds/worker/checkouts/gecko/config/recurse.mk:72: gfx/layers/target-objects] Error 2")
    if n == 740: break
error(" 13:02.11 gmake[1]: *** [/builds/worker/checkouts/gecko/config/recurse.mk:34: compile] Error 2")
error(" 13:02.12 gmake: *** [client.mk:65: build] Error 2")
info(" 13:02.40 W 3 compiler warnings present.")
error("Return code: 2")
warning("setting return code to 2")
print("10:20:11    FATAL - 'mach build -v' did not run successfully. Please check log for errors.")
print("10:20:11    FATAL - Running post_fatal callback...")
print("10:20:11    FATAL - Exiting -1")
sys.exit(1)
PY
step ./mach build
python3 harness.py
RUN

plays gecko-task-timeout --category timeout --category infrastructure --root "[taskcluster:error] Task timeout after 3600 seconds. Force killing container." --exit any --format plain <<'RUN'
cat >> harness.py <<'PY'
print("[taskcluster 2026-03-04 09:12:01.000Z] Task ID: abcDEF123456")
setup("mochitest-suite=mochitest-browser-chrome")
for n in range(900):
    test = f"browser/base/content/test/browser_failure_{n}.js"
    info(f"TEST-START | {test}")
    noise(test, n)
    info(f"TEST-PASS | {test} | the error page is shown - ")
print("[taskcluster:error] Task timeout after 3600 seconds. Force killing container.")
print("[taskcluster 2026-03-04 10:12:07.000Z] === Task Finished ===")
print("[taskcluster 2026-03-04 10:12:07.900Z] Unsuccessful task run with exit code: -1 completed in 3606.1 seconds")
sys.exit(1)
PY
python3 harness.py
RUN

plays gecko-device-lost --category infrastructure --category test --root "ADBTimeoutError: args: adb -s RF8M wait-for-device shell getprop sys.boot_completed" --root "INFRA-ERROR: Unable to start the device" --format plain --exit any <<'RUN'
cat >> harness.py <<'PY'
setup("android mochitest")
for n in range(500):
    info(f"adb command_output: {n} error codes read from /data/local/tmp")
    info(f"TEST-PASS | mobile/android/test_error_{n}.html | fails as it should")
    info(f"03-04 09:12:{n % 60:02d}.000 E/GeckoConsole(123): [JavaScript Error: \"{n}: unreachable code\"]")
error("Caught exception: Traceback (most recent call last):")
info('  File "runtestsremote.py", line 412, in run_tests')
error("ADBTimeoutError: args: adb -s RF8M wait-for-device shell getprop sys.boot_completed; su -c id, exitcode: None, stdout: ")
print("10:44:11 CRITICAL - INFRA-ERROR: Unable to start the device")
error("Return code: 4")
warning("# TBPL RETRY #")
sys.exit(4)
PY
python3 harness.py
RUN

plays buildbot-hang --category timeout --category test --root "command timed out: 1200 seconds without output running ['python', 'mozharness/scripts/desktop_unittest.py'], attempting to kill" --root "command timed out: 1200 seconds without output" --format plain --exit any <<'RUN'
cat >> harness.py <<'PY'
print("builder: mozilla-inbound_ubuntu64_vm_test-mochitest-2\nslave: tst-linux64-spot-1031\nstarttime: 1456214400.0\nresults: failure (2)\nbuildid: 20260304\nrevision: 9ab1\n")
print("========= Started set props: master (results: 0, elapsed: 0 secs) (at 2026-03-04 09:12:01) =========\nmaster: 'http://buildbot.example.org:8201/'\n========= Finished set props: master (results: 0, elapsed: 0 secs) (at 2026-03-04 09:12:01) =========\n")
print("========= Started '/tools/buildbot/bin/python scripts/scripts/desktop_unittest.py ...' failed (results: 2, elapsed: 50 mins, 2 secs) (at 2026-03-04 09:12:05) =========")
setup("mochitest")
for n in range(700):
    info(f"{n} INFO TEST-START | dom/tests/test_bug_error_{n}.html")
    noise(f"dom/{n}", n)
    info(f"{n} INFO TEST-PASS | dom/tests/test_bug_error_{n}.html | caught the exception")
print("\ncommand timed out: 1200 seconds without output running ['python', 'mozharness/scripts/desktop_unittest.py'], attempting to kill")
print("process killed by signal 9\nprogram finished with exit code -1\nelapsedTime=3002.114562\n========= Finished '/tools/buildbot/bin/python scripts/scripts/desktop_unittest.py ...' failed (results: 2, elapsed: 50 mins, 2 secs) (at 2026-03-04 10:02:07) =========")
print("========= Started reboot slave lost (results: 0, elapsed: 1 mins) (at 2026-03-04 10:02:07) =========\n========= Finished reboot slave lost (results: 0, elapsed: 1 mins) (at 2026-03-04 10:03:07) =========")
sys.exit(1)
PY
python3 harness.py
RUN

plays buildbot-remote-failed --category infrastructure --category network --root "remoteFailed: [Failure instance: Traceback (failure with no frames): <class 'twisted.internet.error.ConnectionLost'>" --root "Connection to the other side was lost in a non-clean fashion" --format plain --exit any <<'RUN'
cat >> harness.py <<'PY'
print("builder: mozilla-central_win64_build\nresults: exception (4)\n")
print("========= Started compile (results: 4, elapsed: 31 mins) (at 2026-03-04 09:12:05) =========")
for n in range(800):
    print(f"error_table_{n}.cpp")
    if n % 50 == 0: print(f"c:\\builds\\moz2\\src\\error_{n}.cpp({n}) : warning C4244: 'initializing' : conversion from 'double' to 'float', possible loss of data")
print("remoteFailed: [Failure instance: Traceback (failure with no frames): <class 'twisted.internet.error.ConnectionLost'>: Connection to the other side was lost in a non-clean fashion.\n]")
print("========= Finished compile (results: 4, elapsed: 31 mins) (at 2026-03-04 09:43:05) =========")
sys.exit(1)
PY
python3 harness.py
RUN

plays chromium-launcher --category test --root "[  FAILED  ] NavigationTest.BackForwardCache" --root "nav_test.cc:118: Failure" --root "NavigationTest.BackForwardCache (../../content/browser/nav_test.cc:118)" --format plain --exit any <<'RUN'
cat >> harness.py <<'PY'
print("IMPORTANT DEBUGGING NOTE: batches of tests are run inside their\nown process. For debugging a test inside a debugger, use the\n--gtest_filter=<your_test_name> flag along with\n--single-process-tests.")
for n in range(1, 2200):
    if n % 13 == 0: print(f"[{n}:{n}:0304/091201.{n:06d}:ERROR:gpu_init.cc(523)] Passthrough is not supported, GL is swiftshader, ANGLE is {n}")
    if n == 1204:
        print("[ RUN      ] NavigationTest.BackForwardCache")
        print("[9:9:0304/091212.000001:ERROR:interface_endpoint_client.cc(722)] Message 0 rejected by interface blink.mojom.WidgetHost")
        print("../../content/browser/nav_test.cc:118: Failure\nExpected equality of these values:\n  cache.size()\n    Which is: 0\n  1u\n    Which is: 1")
        print("Stack trace:\n#0 0x5571 content::NavigationTest_BackForwardCache_Test::TestBody()\n")
        print("[  FAILED  ] NavigationTest.BackForwardCache (412 ms)")
        print(f"[{n}/2200] NavigationTest.BackForwardCache (412 ms)")
    print(f"[{n}/2200] ErrorPageTest.FailsWithError{n} ({n % 90} ms)")
print("1 test failed:\n    NavigationTest.BackForwardCache (../../content/browser/nav_test.cc:118)\nTests took 214 seconds.")
print("Additional test environment:\n    CHROME_HEADLESS=1\nCommand: out/Release/content_unittests --test-launcher-bot-mode")
sys.exit(1)
PY
python3 harness.py
RUN

plays android-instrumentation --category test --category runtime --root "java.lang.AssertionError: expected:<3> but was:<2>" --root "INSTRUMENTATION_STATUS: stack=java.lang.AssertionError" --root "org.example.tabs.TabStripTest#closesTheLastTab" --format plain --exit any <<'RUN'
cat >> harness.py <<'PY'
for n in range(600):
    print(f"C  {n:5.3f}s Main  I  [RUN] org.example.errors.ErrorTest#failsWith{n}")
    print(f"03-04 09:12:01.{n:03d}  4123  4140 E cr_Network: onFailed: net::ERR_NAME_NOT_RESOLVED ({n})")
    print(f"C  {n:5.3f}s Main  I  [OK]  org.example.errors.ErrorTest#failsWith{n}")
    if n == 390:
        print("INSTRUMENTATION_STATUS: class=org.example.tabs.TabStripTest\nINSTRUMENTATION_STATUS: stack=java.lang.AssertionError: expected:<3> but was:<2>\n\tat org.junit.Assert.fail(Assert.java:88)\n\tat org.example.tabs.TabStripTest.closesTheLastTab(TabStripTest.java:61)")
        print("C  390.112s Main  E  [FAIL] org.example.tabs.TabStripTest#closesTheLastTab:")
        print("C  390.113s Main  E  java.lang.AssertionError: expected:<3> but was:<2>")
print("C  612.000s Main  ********************************************************************************\nC  612.001s Main  Summary\nC  612.002s Main  ********************************************************************************")
print("C  612.003s Main  [==========] 601 tests ran.\nC  612.004s Main  [  PASSED  ] 600 tests.\nC  612.005s Main  [  FAILED  ] 1 test, listed below:\nC  612.006s Main  [  FAILED  ] org.example.tabs.TabStripTest#closesTheLastTab")
sys.exit(1)
PY
python3 harness.py
RUN

plays_clean gecko-mochitest-clean --format taskcluster <<'RUN'
cat >> harness.py <<'PY'
setup("mochitest-suite=plain")
for n in range(1400):
    test = f"dom/base/test/test_error_event_{n}.html"
    info(f"TEST-START | {test}")
    noise(test, n)
    if n % 70 == 0: info(f"GECKO(1734) | [Child {n}] ###!!! ABORT annotation expected: see bug {n}")
    info(f"TEST-PASS | {test} | failure was reported to window.onerror")
    info(f"TEST-OK | {test} | took {n % 90}ms")
info("SimpleTest FINISHED"); info("TEST-INFO | Ran 0 Loops"); info("Passed: 1400"); info("Failed: 0"); info("Todo:   155")
closing(0)
PY
step ./mach mochitest
python3 harness.py
RUN

plays_clean gecko-build-clean --format plain <<'RUN'
cat >> harness.py <<'PY'
for n in range(300): info(f" 0:{n % 60:02d}.{n % 100:02d} checking whether the C compiler fails with -Werror=error-{n}... no")
for n in range(1200):
    info(f" {1 + n // 60}:{n % 60:02d}.{n % 100:02d} toolkit/crashreporter/error_{n}.o")
    if n % 25 == 0: info(f" {1 + n // 60}:{n % 60:02d}.00 warning: toolkit/crashreporter/error_{n}.cpp:{n + 1}:9: unused variable 'failed' [-Wunused-variable]")
info(" 21:12.40 49 compiler warnings present.")
info(" 21:12.90 Your build was successful!")
info("Return code: 0")
info("TinderboxPrint: num_ctors<br/>82")
info("# TBPL SUCCESS #")
print("[taskcluster 2026-03-04 10:12:07.900Z] Successful task run with exit code: 0 completed in 1306.1 seconds")
PY
python3 harness.py
RUN

plays_clean chromium-flaky-clean --format azure <<'RUN'
cat >> harness.py <<'PY'
for n in range(1, 900):
    if n % 17 == 0: print(f"[{n}:{n}:0304/091201.{n:06d}:ERROR:bus.cc(399)] Failed to connect to the bus: Could not parse server address {n}")
    if n == 431:
        print("[ RUN      ] DownloadTest.Resumes\n../../chrome/download_test.cc:44: Failure\nValue of: done\n  Actual: false\nExpected: true\n[  FAILED  ] DownloadTest.Resumes (5012 ms)")
    print(f"[{n}/900] ErrorPageTest.FailsWithError{n} ({n % 90} ms)")
print("1 test failed:\n    DownloadTest.Resumes (../../chrome/download_test.cc:44)\nRetrying 1 test (retry #1)\n[ RUN      ] DownloadTest.Resumes\n[       OK ] DownloadTest.Resumes (31 ms)\n[901/901] DownloadTest.Resumes (31 ms)\nSUCCESS: all tests passed.\nTests took 102 seconds.")
PY
step testing/xvfb.py out/Release/browser_tests
python3 harness.py
RUN
