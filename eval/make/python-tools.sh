#!/usr/bin/env bash
# mypy, ruff, flake8, pylint, black, pip, tox-like steps.
. "$(dirname "$0")/common.sh"

fails mypy-types --category lint --category compile --root 'error: Incompatible return value type (got "str", expected "int")' --root 'error: Argument 1 to "charge" has incompatible type' --format github <<'RUN'
mkdir app
printf 'def charge(cents: int) -> int:\n    return str(cents)\n' > app/billing.py
printf 'from app.billing import charge\n\ncharge("12")\n' > app/main.py
touch app/__init__.py
step mypy app
mypy app
RUN

fails ruff-lint --category lint --root "I001" --root "F401" --root "F821" --format gitlab <<'RUN'
printf 'import os\nimport sys\n\ndef run():\n    return undefined_name + len(sys.argv)\n' > job.py
step ruff check --output-format=concise .
ruff check --output-format=concise .
RUN

fails flake8-lint --category lint --root "F841 local variable 'response' is assigned to but never used" --root "E999 SyntaxError" --root "E501 line too long" --format circleci <<'RUN'
printf 'def fetch(get):\n    response = get("/")\n    return None\n' > a.py
printf 'def broken(:\n    pass\n' > b.py
printf 'x = "%s"\n' "$(head -c 120 /dev/zero | tr '\0' 'a')" > c.py
step flake8 .
flake8 .
RUN

fails pylint-score --category lint --root "E1101: Instance of 'Client' has no 'post' member (no-member)" --root "E0602: Undefined variable 'timeout' (undefined-variable)" --format jenkins <<'RUN'
cat > client.py <<'PY'
"""Client."""


class Client:
    """A client."""

    def get(self):
        """Get."""
        return timeout


print(Client().post("/"))
PY
step Lint
pylint client.py
RUN

fails black-check --category lint --root "would reformat" <<'RUN'
mkdir src
printf 'x = {  "a":1 }\n' > src/settings.py
printf 'y = 1\n' > src/ok.py
black --check src
RUN

fails pip-no-version --category dependency --root "ERROR: No matching distribution found for acme-metrics>=9.0" --root "ERROR: Could not find a version that satisfies the requirement acme-metrics>=9.0" --format github <<'RUN'
mkdir -p index/simple/acme-metrics
echo '<a href="acme_metrics-1.0-py3-none-any.whl">acme_metrics-1.0-py3-none-any.whl</a>' > index/simple/acme-metrics/index.html
(cd index && exec python3 -m http.server 8931 --bind 127.0.0.1 > /dev/null 2>&1) & server=$!
sleep 1
printf 'acme-metrics>=9.0\n' > requirements.txt
step pip install -r requirements.txt
pip install --isolated --no-cache-dir --index-url http://127.0.0.1:8931/simple -r requirements.txt
code=$?; kill $server; exit $code
RUN

fails pip-conflict --category dependency --root "ERROR: Cannot install -r requirements.txt (line 1) and acme-core==2.0 because these package versions have conflicting dependencies" --root "ERROR: ResolutionImpossible" --root "acme-api 1.0 depends on acme-core<2.0" --format gitlab <<'RUN'
make_wheel() { mkdir -p $1; cat > $1/pyproject.toml <<TOML
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "$1"
version = "$2"
dependencies = [$3]
TOML
mkdir -p $1/${1//-/_}; touch $1/${1//-/_}/__init__.py
quietly pip wheel --no-build-isolation --no-deps -w wheels ./$1; rm -rf $1; }
make_wheel acme-core 1.5 ''; make_wheel acme-core 2.0 ''; make_wheel acme-api 1.0 '"acme-core<2.0"'
printf 'acme-api\nacme-core==2.0\n' > requirements.txt
step pip install --no-index --find-links wheels -r requirements.txt
pip install --isolated --no-index --find-links wheels -r requirements.txt
RUN

fails pip-build --category dependency --category compile --root "fatal error: acme/simd.h: No such file or directory" --format azure <<'RUN'
mkdir -p fastsum
printf 'from setuptools import Extension, setup\n\nsetup(name="fastsum", version="0.3", ext_modules=[Extension("fastsum", ["fastsum.c"])])\n' > fastsum/setup.py
printf '#include <Python.h>\n#include "acme/simd.h"\nPyMODINIT_FUNC PyInit_fastsum(void) { return 0; }\n' > fastsum/fastsum.c
step pip install ./fastsum
pip install --isolated --no-build-isolation ./fastsum
RUN

fails pip-hash --category dependency --root "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE" --root "Got        " <<'RUN'
mkdir -p tiny/tiny && touch tiny/tiny/__init__.py
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "tiny"\nversion = "1.0"\n' > tiny/pyproject.toml
quietly pip wheel --no-build-isolation --no-deps -w wheels ./tiny
printf 'tiny==1.0 --hash=sha256:%064d\n' 7 > requirements.txt
pip install --isolated --no-index --find-links wheels --require-hashes -r requirements.txt
RUN

clean mypy-notes --format github <<'RUN'
mkdir app
printf 'class ErrorReport:\n    def failure(self) -> None: ...\n\ndef untyped(x):\n    y: int = x\n    return y\n' > app/errors.py
touch app/__init__.py
step mypy app
mypy app
step ruff check .
ruff check .
step flake8 app/__init__.py
flake8 app/__init__.py
RUN

clean pip-install-warnings --format azure <<'RUN'
for name in exceptiongroup-lite error-handler retry-failed; do
mkdir -p $name/${name//-/_}; touch $name/${name//-/_}/__init__.py
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "%s"\nversion = "1.0"\n' $name > $name/pyproject.toml
done
step Install
python3 -m venv env
pip wheel --isolated --no-build-isolation -w wheels ./exceptiongroup-lite ./error-handler ./retry-failed
env/bin/pip install --isolated --no-index --find-links wheels exceptiongroup-lite error-handler retry-failed
env/bin/pip check
RUN
