#!/usr/bin/env bash
# Python programs and services: logs, tracebacks, JSON lines.
. "$(dirname "$0")/common.sh"

fails python-chained --category runtime --category configuration --root "KeyError: 'PAYMENT_URL'" --root "RuntimeError: cannot load the configuration" --format compose <<'RUN'
cat > app.py <<'PY'
import logging
import os
logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s %(message)s", level=logging.INFO)
log = logging.getLogger("shop")

def load():
    try:
        return os.environ["PAYMENT_URL"]
    except KeyError as error:
        raise RuntimeError("cannot load the configuration") from error

log.info("starting shop 4.2.1")
log.info("read 14 feature flags")
log.warning("no cache configured, continuing without")
load()
PY
python app.py
RUN

fails python-service-crash --category runtime --root "ZeroDivisionError: division by zero" --format journald <<'RUN'
cat > service.py <<'PY'
import logging
import random
logging.basicConfig(format="%(levelname)s:%(name)s:%(message)s", level=logging.INFO)
log = logging.getLogger("prices")
random.seed(4)

def average(values):
    return sum(values) / len(values)

for request in range(900):
    if request % 50 == 3:
        log.warning("slow upstream: %d ms", random.randint(800, 3000))
    elif request % 210 == 7:
        log.error("upstream returned 502, retrying")
    else:
        log.info("GET /prices/%d 200 %d ms", random.randint(1, 9999), random.randint(2, 40))
average([])
PY
python service.py
RUN

fails python-json-lines --category runtime --root "sqlite3.OperationalError: no such table: invoices" --exit any --format kubectl <<'RUN'
cat > worker.py <<'PY'
import json
import sqlite3
import traceback

def log(level, message, **fields):
    print(json.dumps({"level": level, "logger": "invoice-worker", "msg": message, **fields}), flush=True)

db = sqlite3.connect(":memory:")
log("info", "worker started", queue="invoices")
for number in range(300):
    log("info", "job finished", job=number, ms=number % 37)
    if number % 60 == 11:
        log("warn", "job was retried", job=number, attempts=2)
try:
    db.execute("SELECT total FROM invoices WHERE id = 7")
except sqlite3.Error as error:
    log("error", "job failed", job=301, error=f"sqlite3.OperationalError: {error}", stack=traceback.format_exc())
    log("info", "shutting down")
PY
python worker.py
RUN

fails python-memory --category resource --root "MemoryError" --format docker-json <<'RUN'
printf 'print("loading the index")\nrows = []\nfor shard in range(64):\n    print("loaded shard", shard, flush=True)\n    rows.append(bytearray(64 << 20))\n' > load.py
ulimit -v 900000
python load.py
RUN

fails python-disk-full --category resource --root "OSError: [Errno 28] No space left on device" --format gitlab <<'RUN'
mkdir out && mount -t tmpfs -o size=1m tmpfs out
printf 'print("writing 40 parts")\nfor part in range(40):\n    with open(f"out/part-{part}.bin", "wb") as file:\n        file.write(b"x" * 100_000)\n    print("wrote part", part, flush=True)\n' > export.py
step python export.py
python export.py
code=$?; umount out; exit $code
RUN

fails python-permission --category permission --root "PermissionError: [Errno 13] Permission denied: 'reports/2026-03.csv'" --format syslog <<'RUN'
mkdir reports && chmod 755 reports
printf 'import csv\nprint("INFO collecting 1204 rows")\nprint("INFO writing report", flush=True)\nwith open("reports/2026-03.csv", "w") as file:\n    csv.writer(file).writerow([1])\n' > report.py
setpriv --reuid=65534 --clear-groups /usr/bin/python3 report.py
RUN

fails python-syntax --category compile --category runtime --root "SyntaxError: '(' was never closed" --root "print(f\"sent {count} mails\"" --format github <<'RUN'
printf 'def send(count):\n    print(f"sent {count} mails"\n    return count\n' > mailer.py
step python mailer.py
python mailer.py
RUN

fails python-tls --category network --category configuration --root "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]" --root "urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED]" --format jenkins <<'RUN'
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost 2> /dev/null
cat > server.py <<'PY'
import http.server, ssl
server = http.server.HTTPServer(("127.0.0.1", 8943), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PY
python server.py > /dev/null 2>&1 & server=$!
sleep 1
printf 'import urllib.request\nprint("Fetching the release notes", flush=True)\nurllib.request.urlopen("https://localhost:8943/notes.json")\n' > fetch.py
step Publish
python fetch.py
code=$?; kill $server; exit $code
RUN

fails python-port-in-use --category configuration --category network --category runtime --category resource --root "OSError: [Errno 98] Address already in use" --format compose <<'RUN'
cat > serve.py <<'PY'
import socketserver
print("api | listening on 127.0.0.1:8947", flush=True)
socketserver.TCPServer(("127.0.0.1", 8947), socketserver.BaseRequestHandler)
PY
python -c 'import socket,time; s=socket.socket(); s.bind(("127.0.0.1",8947)); s.listen(); time.sleep(4)' & other=$!
sleep 1
python serve.py
code=$?; kill $other; exit $code
RUN

fails python-secrets --category network --category runtime --root "ConnectionError: could not log in to the warehouse" --secret s3cr3t-Pa55-w0rd --secret ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R --secret AKIAQ4XZ7PLM2WNB6TYE --format github <<'RUN'
cat > sync.py <<'PY'
import os
settings = {
    "DATABASE_URL": "postgresql://etl:s3cr3t-Pa55-w0rd@warehouse.example.org:5432/dwh",
    "GITHUB_TOKEN": "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "AWS_ACCESS_KEY_ID": "AKIAQ4XZ7PLM2WNB6TYE",
}
for name, value in settings.items():
    print(f"env {name}={value}", flush=True)
print("Syncing 12 tables", flush=True)
raise ConnectionError("could not log in to the warehouse: postgresql://etl:s3cr3t-Pa55-w0rd@warehouse.example.org:5432/dwh")
PY
step python sync.py
python sync.py
RUN

fails python-recursion --category runtime --root "RecursionError: maximum recursion depth exceeded" <<'RUN'
printf 'import json\n\ndef walk(node):\n    return [walk(child) for child in node["children"]]\n\ntree = {"children": []}\ntree["children"].append(tree)\nprint("walking")\nwalk(tree)\n' > walk.py
python walk.py
RUN

fails gunicorn-boot --category runtime --category dependency --root "ModuleNotFoundError: No module named 'orders.settings_prod'" --format compose <<'RUN'
mkdir orders && printf 'import importlib\n\nimportlib.import_module("orders.settings_prod")\n\ndef app(environ, start):\n    pass\n' > orders/wsgi.py && touch orders/__init__.py
timeout 20 gunicorn --bind 127.0.0.1:8951 --workers 2 orders.wsgi:app
RUN

fails django-check --category configuration --category runtime --category dependency --root "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured." --format gitlab <<'RUN'
printf 'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]\n' > settings.py
step python -m django migrate
DJANGO_SETTINGS_MODULE=settings python -m django migrate
RUN

fails subprocess-chain --category runtime --category configuration --root "tar: data/missing.csv: Cannot stat: No such file or directory" --root "tar: data/missing.csv" --format taskcluster <<'RUN'
mkdir data && touch data/a.csv
printf 'import subprocess\nprint("packing", flush=True)\nsubprocess.run(["tar", "cf", "out.tar", "data/a.csv", "data/missing.csv"], check=True)\n' > pack.py
step python3 pack.py
python3 pack.py
RUN

fails python-unknown-app --category runtime --category unknown --category configuration --root "cannot apply plan 7: region eu-9 has no capacity class" --format plain <<'RUN'
cat > planner.py <<'PY'
import random
import sys
random.seed(1)
for plan in range(40):
    print(f"[planner] plan {plan} queued, weight {random.random():.3f}")
for plan in range(40):
    if plan == 7:
        print(f"[planner] cannot apply plan {plan}: region eu-9 has no capacity class 'metal-4'")
        print("[planner] rolling back 7 applied plans")
        continue
    if plan > 7:
        print(f"[planner] plan {plan} skipped")
    else:
        print(f"[planner] plan {plan} applied")
print("[planner] 7 applied, 7 rolled back, 32 skipped")
sys.exit(3)
PY
python planner.py
RUN

clean python-service-errors --format journald <<'RUN'
cat > service.py <<'PY'
import logging
import random
logging.basicConfig(format="%(levelname)s:%(name)s:%(message)s", level=logging.INFO)
log = logging.getLogger("gateway")
random.seed(9)
for request in range(1200):
    if request % 300 == 9:
        log.warning("request to inventory failed, retrying (attempt 1 of 3)")
        log.info("request to inventory succeeded on attempt 2")
    else:
        log.info("GET /errors/%d 200 %d ms errors=0", random.randint(1, 9999), random.randint(2, 40))
log.info("received SIGTERM, draining 3 connections")
log.info("stopped, 1200 requests served, 0 failed")
PY
python service.py
RUN

clean python-json-clean --format kubectl <<'RUN'
cat > worker.py <<'PY'
import json
for number in range(500):
    print(json.dumps({"level": "info", "msg": "batch finished", "errors": 0, "failed": False, "exception": None, "batch": number}))
print(json.dumps({"level": "warn", "msg": "error budget at 98 %"}))
print(json.dumps({"level": "info", "msg": "shut down gracefully"}))
PY
python worker.py
RUN
