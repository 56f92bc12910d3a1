#!/usr/bin/env bash
# What an update breaks besides the compilation: annotation processors, mocks, contexts, javadoc, modules, Gradle; ABIs,
# build back ends, versions of cmake, leaks, docstrings, security checks.
. "$(dirname "$0")/common.sh"

pom='pom() {
cat > pom.xml <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>ledger</artifactId><version>2.0.0</version>
<properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
<dependencies>$1<dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.10.2</version><scope>test</scope></dependency></dependencies>
<build><plugins>$2<plugin><artifactId>maven-surefire-plugin</artifactId><version>3.2.5</version></plugin></plugins></build></project>
POM
mkdir -p src/main/java/org/example src/test/java/org/example
printf "package org.example;\n\npublic class Entry {\n    public long cents = 3;\n}\n" > src/main/java/org/example/Entry.java
}
dep() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version>${4:+<scope>$4</scope>}</dependency>"; }
passing() { for i in $(seq 1 $1); do printf "package org.example;\n\nimport org.junit.jupiter.api.Test;\n\nclass Error${i}Test {\n    @Test\n    void isLogged() { System.out.println(\"ERROR [main] org.example.Store - write $i failed, retrying\"); new IllegalStateException(\"simulated failure $i\").printStackTrace(); }\n}\n" > src/test/java/org/example/Error${i}Test.java; done; }
'
mvn_fails() { { printf '%s\n' "$pom"; cat; } | fails "$@"; }
mvn_clean() { { printf '%s\n' "$pom"; cat; } | clean "$@"; }

mvn_fails update-lombok-jdk --category compile --category dependency --root "lombok.javac.apt.LombokProcessor" --root "does not export com.sun.tools.javac.processing to unnamed module" --format github <<'RUN'
pom "$(dep org.projectlombok lombok 1.18.12)"
printf 'package org.example;\n\nimport lombok.Getter;\n\n@Getter\npublic class Account {\n    private long cents;\n}\n' > src/main/java/org/example/Account.java
step mvn -B verify
mvn -B -ntp verify
RUN

mvn_fails update-javadoc --category compile --category lint --category configuration --root "error: unknown tag: money" --root "error: reference not found" --format gitlab <<'RUN'
pom "" '<plugin><artifactId>maven-javadoc-plugin</artifactId><version>3.6.3</version><executions><execution><phase>package</phase><goals><goal>jar</goal></goals></execution></executions></plugin>'
passing 6
printf 'package org.example;\n\n/** A booking. @money euro */\npublic class Booking {\n    /**\n     * Books.\n     * @see Ledger#book\n     * @money euro\n     */\n    public void book() {}\n}\n' > src/main/java/org/example/Booking.java
step mvn -B package
mvn -B -ntp package
RUN

mvn_fails update-module-info --category compile --category dependency --category configuration --root "module not found: org.slf4j" --format travis <<'RUN'
pom ""
printf 'module org.example {\n    requires org.slf4j;\n    exports org.example;\n}\n' > src/main/java/module-info.java
step mvn -B test
mvn -B -ntp test
RUN

mvn_fails update-jacoco --category test --category configuration --category lint --root "Rule violated for bundle ledger: lines covered ratio is 0.00, but expected minimum is 0.90" --root "Coverage checks have not been met" --format jenkins <<'RUN'
pom "" '<plugin><groupId>org.jacoco</groupId><artifactId>jacoco-maven-plugin</artifactId><version>0.8.11</version><executions><execution><goals><goal>prepare-agent</goal></goals></execution><execution><id>check</id><phase>verify</phase><goals><goal>check</goal></goals><configuration><rules><rule><limits><limit><counter>LINE</counter><value>COVEREDRATIO</value><minimum>0.90</minimum></limit></limits></rule></rules></configuration></execution></executions></plugin>'
printf 'package org.example;\n\npublic class Unused {\n    public int a() { return 1; }\n    public int b() { return 2; }\n}\n' > src/main/java/org/example/Unused.java
passing 5
step mvn -B verify
mvn -B -ntp verify
RUN

mvn_fails update-junit-platform --category test --category dependency --category runtime --root "TestEngine with ID 'junit-jupiter' failed to discover tests" --format azure <<'RUN'
pom "$(dep org.junit.platform junit-platform-commons 1.6.0 test)$(dep org.junit.platform junit-platform-engine 1.6.0 test)"
passing 3
step mvn -B verify
mvn -B -ntp verify
RUN

mvn_fails update-test-timeout --category test --category timeout --root "execution timed out after 400 ms" --root "QueueTest.drains" --format github <<'RUN'
pom ""; passing 12
printf 'package org.example;\n\nimport java.time.Duration;\nimport org.junit.jupiter.api.*;\n\nclass QueueTest {\n    @Test\n    void drains() { Assertions.assertTimeoutPreemptively(Duration.ofMillis(400), () -> Thread.sleep(5000)); }\n}\n' > src/test/java/org/example/QueueTest.java
step mvn -B verify
mvn -B -ntp verify
RUN

mvn_fails update-before-all --category test --category network --category runtime --root "java.net.ConnectException: Connection refused" --root "StoreTest.connects:7 » Connect Connection refused" --root "org.example.StoreTest -- Time elapsed" --format circleci <<'RUN'
pom ""; passing 12
printf 'package org.example;\n\nimport org.junit.jupiter.api.*;\n\nclass StoreTest {\n    @BeforeAll\n    static void connects() throws Exception { new java.net.Socket("127.0.0.1", 5996).close(); }\n    @Test\n    void reads() {}\n}\n' > src/test/java/org/example/StoreTest.java
step mvn -B verify
mvn -B -ntp verify
RUN

mvn_fails update-unknown-property --category configuration --category dependency --root "'dependencies.dependency.version' for org.example:money:jar must be a valid version but is" --format plain <<'RUN'
pom "$(dep org.example money '\${money.version}')"
mvn -B -ntp verify
RUN

mvn_fails update-surefire-no-tests --category test --category configuration --root "No tests matching pattern" --exit any --format gitlab <<'RUN'
pom ""; passing 2
step mvn -B test -Dtest=LedgerIT
mvn -B -ntp test -Dtest=LedgerIT
RUN

fails gradle-test-noisy --category test --root "LedgerTest > balances FAILED" --root "org.junit.ComparisonFailure: expected:<[]balanced> but was:<[un]balanced>" --format github <<'RUN'
mkdir -p src/test/java libs
cp /usr/share/java/junit4.jar libs/ 2> /dev/null || cp ~/.m2/repository/junit/junit/4.13.2/junit-4.13.2.jar libs/ 2> /dev/null || cp "$(getent passwd "$(id -un)" | cut -d: -f6)/.m2/repository/junit/junit/4.13.2/junit-4.13.2.jar" libs/
cp "$(getent passwd "$(id -un)" | cut -d: -f6)"/.m2/repository/org/hamcrest/hamcrest-core/1.3/hamcrest-core-1.3.jar libs/
printf "apply plugin: 'java'\ndependencies { testCompile fileTree(dir: 'libs', include: '*.jar') }\ntest { testLogging { events 'passed', 'failed', 'standardOut', 'standardError'; exceptionFormat 'full' } }\n" > build.gradle
for i in $(seq 1 40); do printf "import org.junit.Test;\npublic class Error${i}Test {\n    @Test public void isReported() { System.err.println(\"ERROR store $i failed\"); new RuntimeException(\"expected by the test\").printStackTrace(); }\n}\n" > src/test/java/Error${i}Test.java; done
printf 'import static org.junit.Assert.assertEquals;\nimport org.junit.Test;\npublic class LedgerTest {\n    @Test public void balances() { assertEquals("balanced", "unbalanced"); }\n}\n' > src/test/java/LedgerTest.java
step gradle test
gradle --offline --no-daemon --console=plain test
RUN

fails update-cmake-minimum --category configuration --category dependency --root "CMake 3.99 or higher is required.  You are running version" --format azure <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(app C)\nadd_subdirectory(vendor)\n' > CMakeLists.txt
mkdir vendor; printf 'cmake_minimum_required(VERSION 3.99)\n' > vendor/CMakeLists.txt
step cmake -B build
cmake -B build
RUN

fails update-leak --category runtime --category test --category resource --root "ERROR: LeakSanitizer: detected memory leaks" --root "Direct leak of 100 byte(s) in 1 object(s)" --root "SUMMARY: AddressSanitizer: 100 byte(s) leaked" --format github <<'RUN'
printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { for (int i = 0; i < 120; i++) fprintf(stderr, "case %%d: error path covered\\n", i); volatile char *p = malloc(100); p = 0; return p != 0; }\n' > leak.c
step ctest
gcc -g -fsanitize=address leak.c -o leak && ./leak
RUN

fails update-msan --category runtime --category test --root "WARNING: MemorySanitizer: use-of-uninitialized-value" --root "SUMMARY: MemorySanitizer: use-of-uninitialized-value" --format gitlab <<'RUN'
printf '#include <stdio.h>\nint main(int argc, char **argv) { int flags[4]; flags[0] = argc; for (int i = 0; i < 50; i++) printf("ok %%d - fails gracefully\\n", i); if (flags[argc]) puts("set"); return 0; }\n' > msan.c
step make check
clang -g -fsanitize=memory -fno-omit-frame-pointer msan.c -o msan && ./msan
RUN

fails update-pybind --category compile --root "has no member named ‘to_numpy’" --format travis <<'RUN'
printf '#include <pybind11/pybind11.h>\nnamespace py = pybind11;\nstruct Grid { int n; };\nPYBIND11_MODULE(grid, m) {\n    py::class_<Grid>(m, "Grid").def("numpy", [](Grid &g) { return g.to_numpy(); });\n}\n' > grid.cpp
step make
for i in 1 2 3 4; do printf 'int error_%d(int failed) { int unused; return failed; }\n' $i > e$i.cpp; g++ -Wall -c e$i.cpp; done
g++ -Wall -shared -fPIC -I/usr/include/python3.11 grid.cpp -o grid.so
RUN

fails update-cppcheck --category lint --root "error: Array 'rows[3]' accessed at index 3, which is out of bounds. [arrayIndexOutOfBounds]" --format jenkins <<'RUN'
for i in $(seq 1 15); do printf 'int error_%d(int failed)\n{\n    return failed;\n}\n' $i > e$i.c; done
printf 'int last(void)\n{\n    int rows[3] = {1, 2, 3};\n    return rows[3];\n}\n' > last.c
step cppcheck
cppcheck --error-exitcode=1 --enable=warning --inline-suppr .
RUN

fails update-pip-rust --category dependency --category compile --category configuration --root "error: can't find Rust compiler" --format github <<'RUN'
mkdir native
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n' > native/pyproject.toml
printf 'import sys\nfrom setuptools import setup\nprint("running build_rust")\nprint("error: can'"'"'t find Rust compiler\\n\\nIf you are using an outdated pip version, it is possible a prebuilt wheel is available for this package but pip is not able to install from it.", file=sys.stderr)\nsys.exit(1)\n' > native/setup.py
step pip install
pip install --disable-pip-version-check --no-build-isolation ./native
RUN

fails update-abi --category runtime --category dependency --root "ImportError: " --root "undefined symbol: solver_v2" --format circleci <<'RUN'
printf '#include <Python.h>\nextern int solver_v2(void);\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "_solver", 0, -1, 0};\nPyMODINIT_FUNC PyInit__solver(void) { solver_v2(); return PyModule_Create(&m); }\n' > _solver.c
gcc -shared -fPIC -I/usr/include/python3.11 _solver.c -o _solver.so
printf 'import logging\nlogging.basicConfig(level="INFO")\nfor n in range(90):\n    logging.info("plugin %%d: error handler registered", n)\nimport _solver\n' > app.py
step python app.py
python app.py
RUN

fails update-nox --category lint --category test --root "Session lint failed" --root "SyntaxError" --root "E999 SyntaxError" --exit any --format github <<'RUN'
printf 'import nox\n\n@nox.session(venv_backend="none")\ndef unit(session):\n    session.run("python", "-c", "print('"'"'0 errors'"'"')", external=True)\n\n@nox.session(venv_backend="none")\ndef lint(session):\n    session.run("flake8", "calc.py", external=True)\n' > noxfile.py
printf 'def calc(:\n    return 4\n' > calc.py
step nox
nox
RUN

fails update-bandit --category lint --root "Issue: [B602:subprocess_popen_with_shell_equals_true]" --format gitlab <<'RUN'
printf 'import subprocess\n\ndef run(cmd):\n    return subprocess.call(cmd, shell=True)\n' > run.py
for i in $(seq 1 12); do printf 'def error_%d():\n    return "failed"\n' $i > e$i.py; done
step bandit
bandit -q -r . -lll
RUN

fails update-hypothesis --category test --root "Failing test case: test_decode_inverts_encode(" --root "FAILED test_codec.py::test_decode_inverts_encode" --root "AssertionError: assert" --format azure <<'RUN'
printf 'from hypothesis import given, settings, strategies as st\n\ndef encode(text):\n    return text.strip()\n\n@settings(derandomize=True)\n@given(st.text())\ndef test_decode_inverts_encode(text):\n    assert encode(text) == text\n\n@given(st.integers())\ndef test_errors_are_counted(n):\n    assert n == n\n' > test_codec.py
step pytest
pytest -q
RUN

fails update-setuptools-scm --category configuration --category dependency --root "LookupError: setuptools-scm was unable to detect version for" --format jenkins <<'RUN'
printf '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "ledger"\ndynamic = ["version"]\n[tool.setuptools_scm]\n' > pyproject.toml
step python -m build
python -m build --wheel --no-isolation
RUN

fails update-doctest-modules --category test --root "Expected:" --root "FAILED ledger.py::ledger.total" --root "ledger.py:3: DocTestFailure" --exit any --format github <<'RUN'
printf 'def total(items):\n    """\n    >>> total([1, 2])\n    4\n    """\n    return sum(items)\n' > ledger.py
step pytest --doctest-modules
pytest -q --doctest-modules
RUN

fails update-fortran-runtime --category runtime --root "Fortran runtime error: Index '9' of dimension 1 of array 'grid' above upper bound of 8" --format plain <<'RUN'
printf 'program p\n  implicit none\n  real :: grid(8)\n  integer :: i\n  do i = 1, 60\n    print *, "step", i, "error norm", 1.0 / i\n  end do\n  do i = 1, 9\n    grid(i) = i\n  end do\n  print *, grid(1)\nend program\n' > p.f90
gfortran -g -fcheck=all p.f90 -o p && ./p
RUN

fails update-openmp-link --category compile --category dependency --root "undefined reference to \`GOMP_parallel'" --root "undefined reference to \`omp_get_thread_num'" --format circleci <<'RUN'
printf '#include <omp.h>\n#include <stdio.h>\nint main(void) {\n#pragma omp parallel\n  printf("%%d\\n", omp_get_thread_num());\n}\n' > p.c
for i in 1 2 3; do printf 'int error_%d(int failed) { int unused; return failed; }\n' $i > e$i.c; done
step make
for i in 1 2 3; do gcc -Wall -c e$i.c; done
gcc -fopenmp -c p.c && gcc p.o -o p
RUN

fails update-go-sum --category dependency --category compile --root "missing go.sum entry" --format github <<'RUN'
printf 'module example.org/app\n\ngo 1.21\n\nrequire golang.org/x/text v0.3.8\n' > go.mod
printf 'package main\n\nimport "golang.org/x/text/language"\n\nfunc main() { _ = language.English }\n' > main.go
step go build
GOFLAGS=-mod=readonly go build ./... 2>&1; code=$?
exit $code
RUN

mvn_clean update-mvn-test-noise --format azure <<'RUN'
pom ""; passing 30
step mvn -B verify
mvn -B -ntp verify
RUN

clean update-gradle-noise --format github <<'RUN'
mkdir -p src/test/java libs
for jar in junit/junit/4.13.2/junit-4.13.2.jar org/hamcrest/hamcrest-core/1.3/hamcrest-core-1.3.jar; do cp "$(getent passwd "$(id -un)" | cut -d: -f6)/.m2/repository/$jar" libs/; done
printf "apply plugin: 'java'\ndependencies { testCompile fileTree(dir: 'libs', include: '*.jar') }\ntest { testLogging { events 'passed', 'failed', 'standardOut', 'standardError' } }\n" > build.gradle
for i in $(seq 1 60); do printf "import org.junit.Test;\npublic class Error${i}Test {\n    @Test public void isReported() { System.err.println(\"ERROR store $i failed: java.io.IOException: disk full\"); new RuntimeException(\"expected by the test\").printStackTrace(); }\n}\n" > src/test/java/Error${i}Test.java; done
step gradle test
gradle --offline --no-daemon --console=plain test
RUN

clean update-unittest-noise --format gitlab <<'RUN'
printf 'import logging, sys, unittest\nlogging.basicConfig(stream=sys.stderr)\n\nclass ErrorTest(unittest.TestCase):\n    pass\n\nfor n in range(200):\n    def passes(self, n=n):\n        logging.error("request %%d failed: connection refused", n)\n        try:\n            1 / 0\n        except ZeroDivisionError:\n            logging.exception("division failed")\n    setattr(ErrorTest, f"test_failure_{n}", passes)\n\nunittest.main(verbosity=2)\n' > test_errors.py
step python -m unittest -v
python test_errors.py
RUN

clean update-pip-warnings --format jenkins <<'RUN'
printf '[project]\nname = "ledger"\nversion = "1.0"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n' > pyproject.toml
mkdir ledger_errors; touch ledger_errors/__init__.py
step pip install
echo "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager."
python -m build --wheel --no-isolation
python -W default -c 'import warnings; warnings.warn("failed to import accelerated error functions, using pure Python", ImportWarning)'
step flake8
flake8 --exit-zero .
RUN
