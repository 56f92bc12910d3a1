#!/usr/bin/env bash
# pytest, unittest, doctest, coverage.
. "$(dirname "$0")/common.sh"

fails pytest-assert --category test --root "E       assert 17.98 == 17.97" --root "FAILED tests/test_cart.py::test_total_with_discount" --root "    assert total(" --root "tests/test_cart.py:8: AssertionError" --format github <<'RUN'
mkdir tests
printf 'def total(items, discount=0):\n    return round(sum(items) * (1 - discount), 2)\n' > cart.py
printf 'from cart import total\n\ndef test_empty():\n    assert total([]) == 0\n\ndef test_total_with_discount():\n    items = [9.99, 9.99]\n    assert total(items, 0.1) == 17.97\n\ndef test_error_message():\n    assert "error" in "no error"\n' > tests/test_cart.py
step python -m pytest
python -m pytest
RUN

fails pytest-long-middle --category test --root "E       AssertionError: unexpected status for /v1/orders/771" --root "FAILED tests/test_routes.py::test_route[771]" --root "tests/test_routes.py::test_route[771] FAILED" --root "AssertionError: unexpected status for /v1/orders/771" --format gitlab <<'RUN'
mkdir tests
cat > tests/test_routes.py <<'PY'
import logging
import pytest
log = logging.getLogger("routes")

def status(number):
    if number % 97 == 0:
        log.warning("retrying request %d after error 503", number)
    return 500 if number == 771 else 200

@pytest.mark.parametrize("number", range(1500))
def test_route(number):
    assert status(number) == 200, f"unexpected status for /v1/orders/{number}"
PY
step pytest -v
python -m pytest -v -o log_cli=true -o log_cli_level=WARNING
RUN

fails pytest-fixture --root "ERROR at setup of test_writes" --root "ERROR test_store.py::test_writes" --category test --category runtime --category configuration --root "fixture 'database' not found" <<'RUN'
printf 'import pytest\n\n@pytest.fixture\ndef cache():\n    return {}\n\ndef test_reads(cache):\n    assert cache == {}\n\ndef test_writes(database):\n    database.write(1)\n' > test_store.py
pytest -q
RUN

fails pytest-collection --root "ERROR collecting tests/test_invoice.py" --root "ERROR tests/test_invoice.py" --category dependency --category test --category runtime --root "ModuleNotFoundError: No module named 'acme_billing'" --format azure <<'RUN'
mkdir tests
printf 'from acme_billing import invoice\n\ndef test_invoice():\n    assert invoice(1)\n' > tests/test_invoice.py
printf 'def test_ok():\n    pass\n' > tests/test_ok.py
step Test
python -m pytest tests
RUN

fails pytest-timeout --category timeout --category test --root "Failed: Timeout (>2.0s) from pytest-timeout" --root "FAILED test_queue.py::test_drains" --format buildkite <<'RUN'
printf 'import queue\n\ndef test_put():\n    queue.Queue().put(1)\n\ndef test_drains():\n    waiting = queue.Queue()\n    waiting.get()\n' > test_queue.py
step pytest --timeout 2
pytest --timeout 2 -v
RUN

fails pytest-database-down --category network --category test --root "ConnectionRefusedError: [Errno 111] Connection refused" --format jenkins <<'RUN'
cat > test_db.py <<'PY'
import socket
import pytest

class Database:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=2)

@pytest.fixture(scope="session")
def database():
    return Database("127.0.0.1", 5999)

@pytest.mark.parametrize("table", ["users", "orders", "items", "prices", "stock"])
def test_table_exists(database, table):
    assert database.has(table)
PY
step Integration tests
python -m pytest --tb=short
RUN

fails pytest-xdist-crash --category runtime --category test --root "Fatal Python error: Segmentation fault" --root "crashed while running 'test_native.py::test_native_buffer'" --exit any <<'RUN'
cat > test_native.py <<'PY'
import ctypes
import pytest

@pytest.mark.parametrize("n", range(20))
def test_decode(n):
    assert n >= 0

def test_native_buffer():
    ctypes.string_at(0)
PY
pytest -n 2 -v
RUN

fails unittest-error --category test --category runtime --root "TypeError: can only concatenate str (not \"int\") to str" --root "ERROR: test_label (test_report.ReportTest" --format travis <<'RUN'
cat > report.py <<'PY'
def label(name, count):
    return name + count
PY
cat > test_report.py <<'PY'
import unittest
from report import label

class ReportTest(unittest.TestCase):
    def test_error_text(self):
        self.assertEqual(label("error", "s"), "errors")

    def test_label(self):
        self.assertEqual(label("rows", 3), "rows3")

    @unittest.expectedFailure
    def test_known_bug(self):
        self.assertEqual(label("a", "b"), "c")

if __name__ == "__main__":
    unittest.main()
PY
step python -m unittest -v
python -m unittest -v
RUN

fails unittest-assert --category test --root "AssertionError: 301 != 302" --root "FAIL: test_redirects (test_http.RedirectTest" --format taskcluster <<'RUN'
cat > test_http.py <<'PY'
import unittest

class RedirectTest(unittest.TestCase):
    def test_ok(self):
        self.assertEqual(200, 200)

    def test_redirects(self):
        for path, status in [("/a", 301), ("/b", 302)]:
            print("GET", path, "->", 301)
            self.assertEqual(301, status)
PY
step python3 -m unittest
python3 -m unittest
RUN

fails doctest --category test --root "Expected:" --root "Got:" --root "/units.py\", line 3, in units.metres" --root "Failed example:" <<'RUN'
printf 'def metres(feet):\n    """\n    >>> metres(10)\n    3.048\n    """\n    return feet * 0.305\n' > units.py
python -m doctest units.py
RUN

fails coverage-threshold --category test --category lint --category configuration --root "Coverage failure: total of 56 is less than fail-under=90" --format github <<'RUN'
printf 'def parse(text):\n    if text == "error":\n        raise ValueError(text)\n    if text == "fail":\n        return None\n    return text\n\ndef unused():\n    a = 1\n    return a\n' > parser.py
printf 'from parser import parse\n\nassert parse("x") == "x"\n' > check.py
step coverage run check.py
coverage run --include=parser.py check.py
step coverage report --fail-under=90
coverage report --fail-under=90 -m
RUN

clean pytest-xfail --format github <<'RUN'
cat > test_known.py <<'PY'
import logging
import pytest
import warnings

def test_error_is_logged(caplog):
    logging.getLogger().error("Traceback (most recent call last): simulated failure")

@pytest.mark.xfail(reason="known failure, see issue 12", strict=True)
def test_fails_on_negative():
    raise RuntimeError("fatal error: negative")

def test_raises():
    with pytest.raises(ZeroDivisionError):
        1 / 0

def test_deprecated():
    warnings.warn("error_count is deprecated", DeprecationWarning)

@pytest.mark.parametrize("kind", ["error", "failure", "exception", "fatal", "crash"])
def test_kind(kind):
    print("ERROR: printed by the test", kind)
PY
step pytest -rA
pytest -v -rA
RUN

clean pytest-rerun-passes --format gitlab <<'RUN'
cat > test_flaky.py <<'PY'
import pathlib

def test_connects():
    marker = pathlib.Path("tries")
    tries = int(marker.read_text()) if marker.exists() else 0
    marker.write_text(str(tries + 1))
    assert tries >= 2, "connection refused"

def test_other():
    assert True
PY
step pytest --reruns 3
pytest --reruns 3 -v
RUN

clean unittest-noisy --format travis <<'RUN'
cat > test_errors.py <<'PY'
import logging
import unittest
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.DEBUG)
log = logging.getLogger("payment")

class ErrorTest(unittest.TestCase):
    def test_declined_card_raises_error(self):
        try:
            raise PermissionError("card declined")
        except PermissionError:
            log.exception("payment failed")

    def test_failure_is_retried(self):
        log.error("attempt 1 failed: connection reset")
        log.info("attempt 2 succeeded")

    @unittest.expectedFailure
    def test_known_failure(self):
        self.fail("not yet implemented")
PY
step python -m unittest -v
python -m unittest -v
RUN
