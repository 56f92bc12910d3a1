#!/usr/bin/env bash
# Whole pipelines: several tools in one log, retries that succeed, failures in the middle, long tails of clean-up and
# uploads, harnesses with their own words.
. "$(dirname "$0")/common.sh"

# What pipelines do after a failure: collect, upload, clean up.
tail_noise='upload() {
  step ./ci/upload-artifacts.sh
  for i in $(seq 1 ${1:-220}); do
    echo "uploading reports/errors/test-failure-$i.xml ($((i * 37 % 900)) KB)"
    [ $((i % 60)) = 0 ] && echo "warning: upload slow, retrying part $i" && echo "part $i uploaded on attempt 2"
  done
  echo "${1:-220} files uploaded, 0 failed"
}
'

fails mixed-cmake-pytest --category test --root "E       AssertionError: assert 'NaN' == '0.0'" --root "FAILED tests/test_native.py::test_mean_of_nothing" --root "tests/test_native.py:9: AssertionError" --format github <<RUN
$tail_noise
mkdir src tests
for i in \$(seq 1 60); do printf 'int error_kernel_%d(int failed) { int unused; unsigned u = failed; return u < 0 ? 1 : %d; }\n' \$i \$i > src/kernel_\$i.c; done
printf 'cmake_minimum_required(VERSION 3.16)\nproject(native C)\nset(CMAKE_C_FLAGS "-Wall -Wextra")\nfile(GLOB SRCS src/*.c)\nadd_library(native SHARED \${SRCS})\n' > CMakeLists.txt
printf 'def mean(values):\n    return str(sum(values) / len(values)) if values else "NaN"\n' > tests/native.py
printf 'import pytest\nfrom native import mean\n\n@pytest.mark.parametrize("n", range(1, 200))\ndef test_mean(n):\n    assert mean([n] * n) == str(float(n))\n\ndef test_mean_of_nothing():\n    assert mean([]) == "0.0"\n' > tests/test_native.py
step cmake --build build
cmake -B build && cmake --build build
step pytest -v tests
pytest -v tests; code=\$?
upload
exit \$code
RUN

fails retry-then-compile-error --category compile --root "error: too few arguments to function 'open_store'" --format gitlab <<RUN
$tail_noise
step ./ci/fetch-dependencies.sh
for try in 1 2; do echo "fetching toolchain (attempt \$try of 3)"; curl -sS http://127.0.0.1:8995/toolchain.tar.gz -o /dev/null; sleep 0.1; done
echo "fetching toolchain (attempt 3 of 3)"; echo "toolchain fetched, checksum ok"
printf 'int open_store(const char *path, int flags);\nint main(void)\n{\n    return open_store("/tmp/store");\n}\n' > main.c
for i in \$(seq 1 150); do printf 'int error_%d(int x) { int y; return x; }\n' \$i > e\$i.c; done
printf 'all: \$(patsubst %%.c,%%.o,\$(wildcard e*.c)) main.o\nCFLAGS=-Wall\n' > Makefile
step make -j3
LC_ALL=C make -k -j3; code=\$?
upload 150
exit \$code
RUN

harness='cat > harness.py <<"PY"
import sys
import time

failing, total = int(sys.argv[1]), int(sys.argv[2])
print("INFO - runtests.py | Server pid: 4711")
print("INFO - runtests.py | Running tests: start.")
print("INFO - SUITE-START | Running %d tests" % total)
unexpected = 0
for number in range(total):
    name = "dom/base/test/test_%s_%d.html" % (["error", "fetch", "abort", "focus"][number % 4], number)
    print("INFO - TEST-START | " + name)
    print("GECKO(2119) | JavaScript warning: https://example.org/tests/%s, line %d: unreachable code after return statement" % (name, number % 90))
    if number % 50 == 7:
        print("INFO - TEST-KNOWN-FAIL | %s | waits for the error event - timed out" % name)
    if number % 80 == 11:
        print("GECKO(2119) | JavaScript error: resource://app/modules/Store.sys.mjs, line 88: NS_ERROR_FAILURE: expected by the test")
    if number == failing:
        unexpected += 1
        print("INFO - Buffered messages finished")
        print("ERROR - TEST-UNEXPECTED-FAIL | %s | focus moved to the wrong element - got \"BODY\", expected \"INPUT\"" % name)
        print("INFO -     SimpleTest.is@SimpleTest/SimpleTest.js:524:14")
        print("INFO -     onfocus@https://example.org/tests/%s:31:7" % name)
    else:
        print("INFO - TEST-PASS | %s | focus is where it was" % name)
    print("INFO - TEST-OK | %s | took %dms" % (name, 20 + number % 400))
print("INFO - TEST-INFO took 61204ms")
print("INFO - Browser Chrome Test Summary")
print("INFO - \tPassed: %d" % (total - unexpected))
print("INFO - \tFailed: %d" % unexpected)
print("INFO - \tTodo: %d" % (total // 50))
print("INFO - SUITE-END | took 61s")
for number in range(130):
    print("INFO - zombiecheck | Reading PID log: /tmp/pidlog_%d" % number)
if unexpected:
    print("ERROR - Return code: 1")
    print("WARNING - setting return code to 1")
sys.exit(1 if unexpected else 0)
PY
'
fails browser-harness --category test --root "TEST-UNEXPECTED-FAIL | dom/base/test/test_focus_403.html | focus moved to the wrong element" --format taskcluster <<RUN
$harness
step ./mach mochitest
python3 harness.py 403 700
RUN

clean browser-harness-known-failures --format taskcluster <<RUN
$harness
step ./mach mochitest
python3 harness.py -1 700
RUN

fails browser-harness-hang --category timeout --category test --root "TEST-UNEXPECTED-TIMEOUT | dom/media/test_seek_212.html | application timed out after 370 seconds with no output" --format taskcluster <<'RUN'
cat > harness.py <<'PY'
import sys
for number in range(213):
    print(f"INFO - TEST-START | dom/media/test_seek_{number}.html")
    print(f"GECKO(998) | [Child 1031, MediaDecoder] WARNING: 7f{number:04x}00 Decoder=7f00 state=DECODING error recovered: file MediaDecoder.cpp:{number}")
    if number < 212:
        print(f"INFO - TEST-PASS | dom/media/test_seek_{number}.html | seeked")
print("INFO - Buffered messages finished")
print("ERROR - TEST-UNEXPECTED-TIMEOUT | dom/media/test_seek_212.html | application timed out after 370 seconds with no output")
print("ERROR - Force-terminating active process(es).")
print("INFO - TEST-INFO | started process screentopng")
print("INFO - TEST-INFO | screentopng: exit 0")
for number in range(160):
    print(f"INFO - mozcrash checking /tmp/profile/minidumps for minidumps... {number}")
print("WARNING - leakcheck | refcount logging is off, so leaks can't be detected!")
print("ERROR - Return code: 1")
sys.exit(1)
PY
step ./mach test dom/media
python3 harness.py
RUN

fails playwright-harness --category test --category timeout --root "Error: Timed out 1000ms waiting for expect(locator).toHaveText(expected)" --root "shop.spec.js:3:1 › adds to the cart" --root "Expected string: \"2\"" --root "Received string: \"1\"" --format github <<'RUN'
printf "module.exports = { timeout: 20000, expect: { timeout: 1000 }, use: { launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] } } }\n" > playwright.config.js
printf "const { test, expect } = require('@playwright/test')\n\ntest('adds to the cart', async ({ page }) => {\n  await page.setContent('<b id=count>1</b>')\n  await expect(page.locator('#count')).toHaveText('2')\n})\n\ntest('shows an error message', async ({ page }) => {\n  await page.setContent('<p>Error: out of stock</p>')\n  await expect(page.locator('p')).toContainText('Error')\n})\n" > shop.spec.js
step npx playwright test
CI=1 playwright test --reporter list --workers 1
RUN

fails middle-of-services --category runtime --root "ValueError: ledger is out of balance by 12 cents" --exit any --format plain <<'RUN'
cat > services.py <<'PY'
import json
import random
import traceback
random.seed(12)
names = ["gateway", "ledger", "mailer"]
for tick in range(1500):
    name = names[tick % 3]
    stamp = f"2026-03-04T09:{tick // 60 % 60:02d}:{tick % 60:02d}.{random.randint(0, 999):03d}Z"
    if tick == 700:
        try:
            raise ValueError("ledger is out of balance by 12 cents")
        except ValueError as error:
            for line in traceback.format_exc().splitlines():
                print(f"ledger-1   | {line}")
            print(f"ledger-1   | {stamp} CRITICAL ledger stopped accepting bookings")
            print("ledger-1 exited with code 1")
        continue
    if name == "ledger" and tick > 700:
        continue
    if name == "gateway" and tick > 700 and tick % 10 == 0:
        print(f"gateway-1  | {stamp} ERROR POST /bookings 503 upstream ledger unavailable")
    else:
        print(f"{name}-1".ljust(10) + f" | {stamp} INFO " + json.dumps({"tick": tick, "errors": 0, "ms": random.randint(1, 60)}))
PY
python3 services.py
RUN

fails deploy-rollback --category container --category timeout --category infrastructure --root "error: deployment \"checkout\" exceeded its progress deadline" --root "Back-off pulling image \"registry.example.org/checkout:9f2c\"" --root "ErrImagePull" --format azure <<'RUN'
cat > rollout.py <<'PY'
import sys
for step in range(90):
    print(f"Waiting for deployment \"checkout\" rollout to finish: {step // 45} of 3 updated replicas are available...")
    if step == 30:
        print("checkout-7c9f8-x2vqp   0/1   ErrImagePull   0   31s")
        print("Warning  Failed   pod/checkout-7c9f8-x2vqp  Failed to pull image \"registry.example.org/checkout:9f2c\": not found")
    if step == 60:
        print("Normal   BackOff  pod/checkout-7c9f8-x2vqp  Back-off pulling image \"registry.example.org/checkout:9f2c\"")
print("error: deployment \"checkout\" exceeded its progress deadline")
for replica in range(3):
    print(f"rolling back replica {replica}")
print("rollback finished, 3 of 3 replicas are available")
sys.exit(1)
PY
step kubectl rollout status deployment/checkout
python3 rollout.py
RUN

fails secrets-in-pipeline --category network --category permission --category infrastructure --root "fatal: unable to access 'https://oauth2:" --root "The requested URL returned error: 403" --secret glpat-9xKq2Lm4Zr7Tn1Wv5Yb8 --secret xoxb-2847561930-5628193047-QwErTyUiOpAsDfGhJkLzXcVb --secret eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXBsb3kiLCJleHAiOjE4MDB9.c2lnbmF0dXJlLW9mLXRlc3Q --secret 7f3c9a1e5b2d8046 --format gitlab <<'RUN'
cat > server.py <<'PY'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(403); self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", 8996), Handler).serve_forever()
PY
python3 server.py & server=$!
sleep 1
step env
echo 'SLACK_BOT_TOKEN=xoxb-2847561930-5628193047-QwErTyUiOpAsDfGhJkLzXcVb'
echo 'DEPLOY_PASSWORD=7f3c9a1e5b2d8046'
echo 'curl -H "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXBsb3kiLCJleHAiOjE4MDB9.c2lnbmF0dXJlLW9mLXRlc3Q" https://api.example.org/v1/deploys'
for i in $(seq 1 60); do echo "module $i is up to date"; done
step git fetch
echo '+ git clone https://oauth2:glpat-9xKq2Lm4Zr7Tn1Wv5Yb8@127.0.0.1:8996/acme/app.git'
echo "fatal: unable to access 'https://oauth2:glpat-9xKq2Lm4Zr7Tn1Wv5Yb8@127.0.0.1:8996/acme/app.git/': The requested URL returned error: 403"
GIT_TERMINAL_PROMPT=0 git clone http://127.0.0.1:8996/acme/app.git
code=$?; kill $server; exit $code
RUN

clean pipeline-retried --format github <<RUN
$tail_noise
step ./ci/fetch-dependencies.sh
curl -sS http://127.0.0.1:8997/a.tar.gz -o /dev/null || echo "attempt 1 failed, retrying"
echo "attempt 2 succeeded"
printf 'int error_count(void) { int unused; return 0; }\n' > a.c
step make
gcc -Wall -c a.c && echo "0 errors, 1 warning"
printf 'def test_failure_is_reported():\n    print("ERROR: simulated")\n' > test_a.py
step pytest
pytest -q
upload
RUN

clean pipeline-secrets --secret ghp_Zy9Xw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8 --secret correct-horse-9-battery --format jenkins <<'RUN'
step Build
echo '+ git remote set-url origin https://x-access-token:ghp_Zy9Xw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8@git.example.org/acme/app.git'
echo 'mysql -u root --password=correct-horse-9-battery -e "select 1"'
for i in $(seq 1 300); do echo "[$i/300] Linking error_handler_$i.o"; done
echo "Build finished: 0 errors, 0 warnings"
RUN
