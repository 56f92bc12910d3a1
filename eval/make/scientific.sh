#!/usr/bin/env bash
# Python, C++ and Fortran projects of the scientific kind: long pytest and ctest runs whose passing tests log errors,
# extension modules, meson, clang-tidy, sphinx, tox, resolvers. MSVC, conda, CUDA and HIP can't be run here: a script
# prints what they would.
. "$(dirname "$0")/common.sh"

# Tests that log errors, warn and pass: noisy COUNT FILE.
noisy='noisy() {
cat > $2 <<PY
import logging, warnings
import pytest
log = logging.getLogger("solver")

@pytest.mark.parametrize("grid", range($1))
def test_rejects_singular_matrix(grid):
    log.error("factorization failed: matrix is singular at row %d", grid)
    if grid % 9 == 0:
        warnings.warn("error estimate is unreliable", RuntimeWarning)
    with pytest.raises(ZeroDivisionError):
        1 / 0

@pytest.mark.parametrize("grid", range($1))
def test_error_message_on_divergence(grid):
    try:
        raise FloatingPointError("residual diverged")
    except FloatingPointError:
        log.exception("solve() failed, falling back to the direct solver")
PY
}
'
noisy_fails() { { printf '%s\n' "$noisy"; cat; } | fails "$@"; }
noisy_clean() { { printf '%s\n' "$noisy"; cat; } | clean "$@"; }

noisy_fails sci-pytest-tolerance --category test --root "Not equal to tolerance rtol=1e-07, atol=0" --root "FAILED tests/test_stats.py::test_variance_of_float32" --root "tests/test_stats.py::test_variance_of_float32 FAILED" --root "Mismatched elements: 1 / 3" --format github <<'RUN'
mkdir tests; noisy 220 tests/test_linalg.py; noisy 160 tests/test_zoo.py
printf 'import numpy as np\n\ndef test_mean():\n    assert np.mean([1, 3]) == 2\n\ndef test_variance_of_float32():\n    got = np.array([0.25, 1.0, 2.2501], dtype=np.float32)\n    np.testing.assert_allclose(got, [0.25, 1.0, 2.25])\n' > tests/test_stats.py
step pip list
pip list --disable-pip-version-check
step pytest -v --log-cli-level=WARNING
pytest -v -o log_cli=true -o log_cli_level=WARNING
RUN

noisy_fails sci-pytest-deprecation --category test --category dependency --root "DeprecationWarning: ndarray.tostring() is deprecated" --root "FAILED tests/test_io.py::test_roundtrip" --format azure <<'RUN'
mkdir tests; noisy 60 tests/test_linalg.py
printf 'import warnings\n\nclass Array:\n    def tostring(self):\n        warnings.warn("ndarray.tostring() is deprecated, use tobytes()", DeprecationWarning, stacklevel=2)\n        return b""\n\ndef test_roundtrip():\n    assert Array().tostring() == b""\n' > tests/test_io.py
printf '[pytest]\nfilterwarnings =\n    error\n    ignore::RuntimeWarning\n' > pytest.ini
step pytest
pytest -q
RUN

noisy_fails sci-conftest-import --category dependency --category test --category configuration --root "ModuleNotFoundError: No module named 'xarray'" --root "ImportError while loading conftest" --format travis <<'RUN'
mkdir tests; noisy 5 tests/test_linalg.py
printf 'import xarray as xr\n' > tests/conftest.py
step pytest --pyargs project
pytest tests
RUN

noisy_fails sci-xdist-segfault --category runtime --category test --root "Fatal Python error: Segmentation fault" --root "tests/test_native.py" --format circleci <<'RUN'
mkdir tests; noisy 40 tests/test_linalg.py
printf 'import ctypes\n\ndef test_buffer_is_freed():\n    ctypes.string_at(0)\n' > tests/test_native.py
step pytest -x
pytest -v tests
RUN

noisy_clean sci-pytest-noisy-clean --format github <<'RUN'
mkdir tests; noisy 300 tests/test_linalg.py
printf 'import pytest\n\n@pytest.mark.xfail(reason="fails with MKL")\ndef test_known_error():\n    assert False\n\n@pytest.mark.skip(reason="error in upstream")\ndef test_skipped():\n    pass\n' > tests/test_zoo.py
step pytest -v
pytest -v -rxXs -o log_cli=true -o log_cli_level=ERROR
step twine check
echo "Checking dist/solver-1.0-py3-none-any.whl: PASSED"
RUN

fails sci-extension-header --category compile --category dependency --root "fatal error: fftw3.h: No such file or directory" --format github <<'RUN'
mkdir src
printf '#include <Python.h>\n#include <fftw3.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "_fft", 0, -1, 0};\nPyMODINIT_FUNC PyInit__fft(void) { return PyModule_Create(&m); }\n' > src/fft.c
for i in $(seq 1 20); do printf '#include <stdio.h>\nint error_%d(int failed) { int unused; return failed; }\n' $i > src/e$i.c; done
printf '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "solver"\nversion = "1.0"\n' > pyproject.toml
printf 'from glob import glob\nfrom setuptools import Extension, setup\nsetup(ext_modules=[Extension("_fft", sorted(glob("src/*.c")), include_dirs=["/usr/include/python3.11"], extra_compile_args=["-Wall"])])\n' > setup.py
step python -m build --wheel --no-isolation
python -m build --wheel --no-isolation
RUN

fails sci-cython --category compile --root "src/_core.pyx:6:11: undeclared name not builtin: totl" --root "undeclared name not builtin: totl" --format gitlab <<'RUN'
mkdir src
printf '# cython: language_level=3\ndef add(double[:] values):\n    cdef double total = 0\n    for i in range(values.shape[0]):\n        total += values[i]\n    return totl\n' > src/_core.pyx
printf '# cython: language_level=3\ndef error_free(): return 0\n' > src/_ok.pyx
step cythonize
for f in _ok _core; do cython -3 --warning-errors src/$f.pyx || exit 1; done
RUN

fails sci-meson-test --category test --root "max deviation 0.031 exceeds 0.001" --root "17/40 filter_17 FAIL" --format github <<'RUN'
printf "project('dsp', 'c')\nforeach i : range(1, 41)\n  exe = executable('filter_@0@'.format(i), 'filter.c', c_args: '-DN=@0@'.format(i))\n  test('filter_@0@'.format(i), exe)\nendforeach\n" > meson.build
printf '#include <stdio.h>\nint main(void) {\n    fprintf(stderr, "error handler installed for filter %%d\\n", N);\n    if (N == 17) { fprintf(stderr, "filter %%d: max deviation 0.031 exceeds 0.001\\n", N); return 1; }\n    return 0;\n}\n' > filter.c
step meson setup build
meson setup build
step meson test
meson test -C build -v
RUN

fails sci-meson-dependency --category configuration --category dependency --root 'ERROR: Dependency "openblas-lapack" not found, tried pkgconfig and cmake' --root 'Dependency "openblas-lapack" not found' --format gitlab <<'RUN'
printf "project('dsp', 'c')\nm = meson.get_compiler('c').find_library('m', required: false)\nz = dependency('zlib-ng', required: false)\nb = dependency('openblas-lapack')\n" > meson.build
step meson setup build
meson setup build
RUN

fails sci-clang-tidy --category lint --root "error: do not use 'else' after 'return' [readability-else-after-return,-warnings-as-errors]" --format github <<'RUN'
for i in $(seq 1 25); do printf 'int error_code_%d(int failed)\n{\n    return failed;\n}\n' $i > e$i.cpp; done
printf 'int sign(int x)\n{\n    if (x > 0)\n        return 1;\n    else\n        return -1;\n}\n' > sign.cpp
step clang-tidy
code=0
for f in e*.cpp sign.cpp; do echo "clang-tidy $f"; clang-tidy --quiet --checks='-*,readability-else-after-return,readability-magic-numbers' --warnings-as-errors='readability-else-after-return' $f -- || code=1; done
exit $code
RUN

fails sci-tsan --category runtime --category test --root "WARNING: ThreadSanitizer: data race" --root "SUMMARY: ThreadSanitizer: data race" --format jenkins <<'RUN'
printf '#include <pthread.h>\n#include <stdio.h>\nstatic int errors;\nstatic void *work(void *p) { for (int i = 0; i < 1000; i++) errors++; return p; }\nint main(void)\n{\n    pthread_t a, b;\n    for (int i = 0; i < 60; i++) printf("test %%d: error injection ok\\n", i);\n    fflush(stdout);\n    pthread_create(&a, 0, work, 0);\n    pthread_create(&b, 0, work, 0);\n    pthread_join(a, 0);\n    pthread_join(b, 0);\n    return 0;\n}\n' > race.c
step make check
setarch -R true 2> /dev/null && run='setarch -R'
gcc -g -fsanitize=thread race.c -o race -lpthread && $run ./race
RUN

fails sci-boost-test --category test --root 'error: in "fft/inverse_of_forward"' --root 'has failed [16 != 15]' --format plain <<'RUN'
printf '#define BOOST_TEST_MODULE fft\n#include <boost/test/included/unit_test.hpp>\n#include <iostream>\nBOOST_AUTO_TEST_SUITE(fft)\nBOOST_AUTO_TEST_CASE(reports_errors) { for (int i = 0; i < 200; i++) std::cerr << "plan " << i << ": error: size not supported (expected)\\n"; }\nBOOST_AUTO_TEST_CASE(inverse_of_forward) { int n = 16; BOOST_TEST(n == 15); }\nBOOST_AUTO_TEST_SUITE_END()\n' > t.cpp
g++ -O0 t.cpp -o t && ./t --log_level=test_suite
RUN

fails sci-catch2 --category test --root "t.cpp:9: FAILED:" --root "REQUIRE( norm(2) == 3 )" --root "2 == 3" --format github <<'RUN'
printf '#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n#include <iostream>\nstatic int norm(int x) { return x; }\nTEST_CASE("logs errors") {\n    for (int i = 0; i < 150; i++) std::cerr << "ERROR: step " << i << " failed, retrying\\n";\n}\nTEST_CASE("norm of two") {\n    REQUIRE(norm(2) == 3);\n}\n' > t.cpp
step ctest
g++ -O0 t.cpp -o t && ./t
RUN

fails sci-ctest-noisy --category test --root "energy drift 3.2e-4 above 1e-6" --root "144 - md_144 (Failed)" --root "Test #144: md_144" --format azure <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(t NONE)\nenable_testing()\n' > CMakeLists.txt
for i in $(seq 1 260); do
  body="echo [md_$i] error budget 1e-6; echo ERROR: caught expected exception bad_alloc; echo warning: failed to pin threads"
  [ $i = 144 ] && body="$body; echo [md_144] energy drift 3.2e-4 above 1e-6; exit 1"
  printf 'add_test(NAME md_%d COMMAND sh -c "%s")\n' $i "$body" >> CMakeLists.txt
done
step ctest -V
cmake -B build > /dev/null && cd build && ctest -V
RUN

fails sci-gfortran --category compile --root "has no IMPLICIT type" --format travis <<'RUN'
for i in $(seq 1 12); do printf 'subroutine error_%d(failed)\n  implicit none\n  integer :: failed, unused\n  failed = %d\nend subroutine\n' $i $i > e$i.f90; done
printf 'subroutine solve(x)\n  implicit none\n  real :: x\n  x = tolerence * 2\nend subroutine\n' > solve.f90
step make
for f in e*.f90 solve.f90; do echo "gfortran -Wall -c $f"; gfortran -Wall -c $f || exit 1; done
RUN

fails sci-sphinx-warning --category lint --category configuration --category compile --root "WARNING: undefined label: 'boundary-conditions'" --root "undefined label" --format circleci <<'RUN'
mkdir docs
printf 'project = "solver"\n' > docs/conf.py
for i in $(seq 1 30); do printf "Errors, part $i\n===============\n\nWhat to do when a solve fails.\n" > docs/errors$i.rst; done
{ printf 'Solver\n======\n\n.. toctree::\n\n'; for i in $(seq 1 30); do echo "   errors$i"; done; printf '\nSee :ref:`boundary-conditions`.\n'; } > docs/index.rst
step sphinx-build -n -W --keep-going
sphinx-build -n -W --keep-going docs docs/_build
RUN

fails sci-precommit --category lint --root "calc.py:2:5: F841 local variable 'unused' is assigned to but never used" --root "F841" --format github <<'RUN'
git init -q . && git config user.email ci@example.org && git config user.name ci
printf 'def calc():\n    unused = 3\n    return 4\n' > calc.py
printf 'repos:\n- repo: local\n  hooks:\n  - {id: whitespace, name: trim trailing whitespace, entry: "true", language: system}\n  - {id: yaml, name: check yaml, entry: "true", language: system}\n  - {id: errors, name: forbid print of errors, entry: "true", language: system}\n  - {id: flake8, name: flake8, entry: flake8, language: system, types: [python]}\n  - {id: black, name: black, entry: black --check -q, language: system, types: [python]}\n' > .pre-commit-config.yaml
git add -A
step pre-commit run --all-files
pre-commit run --all-files
RUN

fails sci-tox --category test --root "assert 0.1 + 0.2 == 0.3" --root "assert (0.1 + 0.2) == 0.3" --root "FAILED test_sum.py::test_sum" --format jenkins <<'RUN'
printf 'def test_sum():\n    assert 0.1 + 0.2 == 0.3\n' > test_sum.py
printf '[tox]\nenv_list = lint, unit, docs\nskipsdist = true\n[testenv]\nskip_install = true\nallowlist_externals = *\n[testenv:lint]\ncommands = flake8 test_sum.py\n[testenv:unit]\ncommands = pytest -q\n[testenv:docs]\ncommands = python -c "print(\\"0 errors\\")"\n' > tox.ini
step tox
tox
RUN

fails sci-uv-resolver --category dependency --root "No solution found when resolving dependencies" --root "we can conclude that" --format github <<'RUN'
printf 'pandas==1.0.0\nnumpy==1.10.0\n' > requirements.txt
step uv pip compile
uv pip compile --system-certs --python-version 3.11 requirements.txt
RUN

fails sci-pip-check --category dependency --root "has requirement numpy>=99, but you have numpy" --format azure <<'RUN'
mkdir -p site/solver-1.0.dist-info
printf 'Metadata-Version: 2.1\nName: solver\nVersion: 1.0\nRequires-Dist: numpy>=99\n' > site/solver-1.0.dist-info/METADATA
printf 'pip\n' > site/solver-1.0.dist-info/INSTALLER; : > site/solver-1.0.dist-info/RECORD
step pip check
PYTHONPATH=site pip list --disable-pip-version-check > /dev/null
PYTHONPATH=site python -m pip check
RUN

fails sci-conda-unsatisfiable --category dependency --root "nothing provides __glibc >=2.34 needed by libtorch-2.4.0" --root "LibMambaUnsatisfiableError: Encountered problems while solving" --format github <<'RUN'
cat > solve.py <<'PY'
import sys
for n in range(120):
    print(f"conda-forge/linux-64  {n * 7 % 100}% |{'█' * (n % 20):20s}| elapsed 0:00:{n % 60:02d}")
print("Channels:\n - conda-forge\n - defaults\nPlatform: linux-64\nCollecting package metadata (repodata.json): ...working... done\nSolving environment: ...working... failed")
print("\nLibMambaUnsatisfiableError: Encountered problems while solving:\n  - nothing provides __glibc >=2.34 needed by libtorch-2.4.0-cpu_generic_h1\n\nCould not solve for environment specs\nThe following package could not be installed\n└─ libtorch 2.4.0**  is not installable because it requires\n   └─ __glibc >=2.34 , which is missing on the system.\n")
sys.exit(1)
PY
step conda env create -f environment.yml
python3 solve.py
RUN

fails sci-msvc --category compile --root "error C2039: 'span': is not a member of 'std'" --root "error C2065: 'span': undeclared identifier" --format azure <<'RUN'
cat > build.py <<'PY'
import sys
print("Microsoft (R) Build Engine version 17.9.8+b34f75857 for .NET Framework\nCopyright (C) Microsoft Corporation. All rights reserved.\n\n  Checking Build System")
for n in range(180):
    print(f"  error_table_{n}.cpp")
    if n % 6 == 0:
        print(f"D:\\a\\1\\s\\src\\error_table_{n}.cpp({n + 3},14): warning C4267: 'argument': conversion from 'size_t' to 'int', possible loss of data [D:\\a\\1\\s\\build\\solver.vcxproj]")
    if n == 97:
        print("D:\\a\\1\\s\\include\\grid.h(18,27): error C2039: 'span': is not a member of 'std' [D:\\a\\1\\s\\build\\solver.vcxproj]")
        print("C:\\VC\\Tools\\MSVC\\14.39.33519\\include\\vector(20,1): message : see declaration of 'std' [D:\\a\\1\\s\\build\\solver.vcxproj]")
        print("D:\\a\\1\\s\\include\\grid.h(18,31): error C2065: 'span': undeclared identifier [D:\\a\\1\\s\\build\\solver.vcxproj]")
print("  Generating Code...")
sys.exit(1)
PY
step cmake --build build --config Release
python3 build.py
RUN

fails sci-cuda-arch --category compile --category configuration --root "nvcc fatal   : Unsupported gpu architecture 'compute_35'" --format jenkins <<'RUN'
cat > build.py <<'PY'
import sys
for n in range(1, 90):
    print(f"[{n}/412] Building CXX object aten/src/CMakeFiles/errors.dir/error_{n}.cpp.o")
    if n % 11 == 0:
        print(f"../aten/src/error_{n}.cpp:{n}:9: warning: unused variable 'failed' [-Wunused-variable]")
print("[90/412] Building CUDA object CMakeFiles/kernels.dir/reduce.cu.o")
print("FAILED: CMakeFiles/kernels.dir/reduce.cu.o ")
print("/usr/local/cuda/bin/nvcc -forward-unknown-to-host-compiler -gencode=arch=compute_35,code=sm_35 -x cu -c ../reduce.cu -o CMakeFiles/kernels.dir/reduce.cu.o")
print("nvcc fatal   : Unsupported gpu architecture 'compute_35'")
for n in range(91, 97):
    print(f"[{n}/412] Building CXX object aten/src/CMakeFiles/errors.dir/error_{n}.cpp.o")
print("ninja: build stopped: subcommand failed.")
sys.exit(1)
PY
step python setup.py bdist_wheel
python3 build.py
RUN

fails sci-hip-memory --category test --category resource --root "torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.50 GiB" --root "FAILED test_conv.py::TestConv::test_large_batch" --format github <<'RUN'
cat > test_conv.py <<'PY'
import logging
import unittest

class OutOfMemoryError(RuntimeError):
    pass

OutOfMemoryError.__module__ = "torch"
log = logging.getLogger("hip")

class TestConv(unittest.TestCase):
    def test_large_batch(self):
        raise OutOfMemoryError("HIP out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 15.98 GiB of which 1.12 GiB is free.")

for number in range(400):
    def passing(self, number=number):
        log.error("hipErrorNotSupported: kernel %d falls back to the reference implementation", number)
    setattr(TestConv, f"test_kernel_{number}", passing)
PY
step python test/run_test.py
pytest -v -o log_cli=true --tb=short test_conv.py
RUN

clean sci-cmake-clean --format azure <<'RUN'
mkdir src
for i in $(seq 1 40); do printf 'int error_%d(int failed) { int unused; unsigned u = failed; return u < 0; }\n' $i > src/e$i.c; done
printf 'cmake_minimum_required(VERSION 3.16)\nproject(solver C)\ninclude(CheckIncludeFile)\ninclude(CheckFunctionExists)\ncheck_include_file(fftw3.h HAVE_FFTW)\ncheck_function_exists(posix_fail HAVE_FAIL)\nfind_package(MKL QUIET)\nif(NOT MKL_FOUND)\n  message(WARNING "MKL not found, error estimates will be slow")\nendif()\nset(CMAKE_C_FLAGS "-Wall -Wextra")\nfile(GLOB SRCS src/*.c)\nadd_library(solver SHARED ${SRCS})\nenable_testing()\n' > CMakeLists.txt
for i in $(seq 1 60); do printf 'add_test(NAME error_%d COMMAND sh -c "echo ERROR: expected failure in case %d")\n' $i $i >> CMakeLists.txt; done
step cmake --build build
cmake -B build && cmake --build build
step ctest -V
cd build && ctest -V
RUN

clean sci-sphinx-clean --format circleci <<'RUN'
mkdir docs
printf 'project = "solver"\n' > docs/conf.py
for i in $(seq 1 25); do printf "Errors, part $i\n===============\n\nWhat to do when a solve fails with FatalError: see :ref:\`nothing-$i\`.\n" > docs/errors$i.rst; done
{ printf 'Solver\n======\n\n.. toctree::\n\n'; for i in $(seq 1 25); do echo "   errors$i"; done; } > docs/index.rst
step sphinx-build
sphinx-build docs docs/_build
RUN
