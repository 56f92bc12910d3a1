#!/usr/bin/env bash
# CMake, Ninja, CTest, GoogleTest.
. "$(dirname "$0")/common.sh"

fails cmake-missing-package --category configuration --category dependency --root "CMake Error at CMakeLists.txt:4 (find_package)" --root 'By not providing "FindVulkanMemory.cmake"' --root 'Could not find a package configuration file provided by "VulkanMemory"' --format github <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(render CXX)\nfind_package(Threads REQUIRED)\nfind_package(VulkanMemory 3.0 REQUIRED)\nadd_executable(render main.cpp)\n' > CMakeLists.txt
step cmake -B build
cmake -B build
RUN

fails cmake-unknown-command --category configuration --root 'Unknown CMake command "add_libary"' --root 'CMake Error at src/CMakeLists.txt:3 (add_libary)' --format plain <<'RUN'
mkdir src
printf 'cmake_minimum_required(VERSION 3.0)\nproject(app C)\nadd_subdirectory(src)\n' > CMakeLists.txt
printf '# sources\nset(SRCS a.c)\nadd_libary(app ${SRCS})\n' > src/CMakeLists.txt
cmake -B build
RUN

fails ninja-compile --category compile --root "error: ‘string_view’ is not a member of ‘std’" --format jenkins <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(names CXX)\nset(CMAKE_CXX_STANDARD 14)\nadd_library(names a.cpp b.cpp c.cpp d.cpp)\n' > CMakeLists.txt
for f in a b d; do printf '#include <string>\nint %s(std::string error) { return error.size(); }\n' $f > $f.cpp; done
printf '#include <string>\nint c(std::string_view name)\n{\n  return name.size();\n}\n' > c.cpp
step cmake -G Ninja -B build
cmake -G Ninja -B build
step ninja -C build
ninja -v -j2 -C build
RUN

fails ctest-one-of-many --category test --root "7 - error_recovery_7 (Failed)" --root "expected 4096, got 0" --root "7/40 Test  #7: error_recovery_7" --format gitlab <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(t NONE)\nenable_testing()\n' > CMakeLists.txt
for i in $(seq 1 40); do
  [ $i = 7 ] && body='echo block size: expected 4096, got 0; exit 1' || body='echo ok'
  printf 'add_test(NAME error_recovery_%d COMMAND sh -c "%s")\n' $i "$body" >> CMakeLists.txt
done
step ctest --output-on-failure
cmake -B build > /dev/null && cd build && ctest --output-on-failure
RUN

fails ctest-timeout --category timeout --category test --root "3 - sync_3 (Timeout)" --root "3/12 Test  #3: sync_3" --root "***Timeout" <<'RUN'
printf 'cmake_minimum_required(VERSION 3.16)\nproject(t NONE)\nenable_testing()\n' > CMakeLists.txt
for i in $(seq 1 12); do
  [ $i = 3 ] && body='sleep 20' || body='echo ok'
  printf 'add_test(NAME sync_%d COMMAND sh -c "%s")\nset_tests_properties(sync_%d PROPERTIES TIMEOUT 2)\n' $i "$body" $i >> CMakeLists.txt
done
cmake -B build > /dev/null && cd build && ctest
RUN

gtest='
src=/usr/src/googletest
build() { g++ -std=c++17 -w -I$src/googletest/include -I$src/googletest -o suite tests.cpp $src/googletest/src/gtest-all.cc $src/googletest/src/gtest_main.cc -lpthread; }
'
fails gtest-expect --category test --root "tests.cpp:12: Failure" --root "Expected equality of these values" --root "[  FAILED  ] Ledger.RejectsNegative" --format buildkite <<RUN
$gtest
cat > tests.cpp <<'CPP'
#include <gtest/gtest.h>
int balance(int deposit) { return deposit < 0 ? deposit : deposit + 1; }
TEST(Errors, CanBeFormatted) { EXPECT_EQ(balance(1), 2); }
TEST(Errors, FailureIsReported) { EXPECT_EQ(balance(2), 3); }
TEST(Ledger, AddsDeposits) { EXPECT_EQ(balance(3), 4); }
class Many : public testing::TestWithParam<int> {};
TEST_P(Many, HandlesError) { EXPECT_EQ(balance(GetParam()), GetParam() + 1); }
INSTANTIATE_TEST_SUITE_P(Numbers, Many, testing::Range(0, 300));

TEST(Ledger, RejectsNegative)
{
  EXPECT_EQ(balance(-5), 0) << "a negative deposit must leave the balance alone";
}
CPP
build
step ./suite
./suite
RUN

fails gtest-crash --category runtime --category test --root "Segmentation fault" --root "[ RUN      ] Cache.EvictsOldest" --format azure <<RUN
$gtest
cat > tests.cpp <<'CPP'
#include <gtest/gtest.h>
TEST(Cache, Stores) { EXPECT_TRUE(true); }
TEST(Cache, EvictsOldest) { volatile int *p = nullptr; *p = 1; }
TEST(Cache, Clears) { EXPECT_TRUE(true); }
CPP
build
step Test
bash -c './suite; code=\$?; exit \$code'
RUN

clean gtest-passing --format github <<RUN
$gtest
cat > tests.cpp <<'CPP'
#include <gtest/gtest.h>
#include <cstdio>
#include <cstdlib>
TEST(Errors, FailureIsReported) { std::fprintf(stderr, "ERROR: disk on fire (expected by the test)\n"); }
TEST(Errors, FatalExits) { EXPECT_EXIT(std::exit(3), testing::ExitedWithCode(3), ""); }
TEST(Errors, SkippedOnLinux) { GTEST_SKIP() << "needs another system"; }
class Many : public testing::TestWithParam<int> {};
TEST_P(Many, HandlesFailedConnection) { EXPECT_LT(GetParam(), 300); }
INSTANTIATE_TEST_SUITE_P(Numbers, Many, testing::Range(0, 300));
CPP
build
step ./suite
./suite
RUN

clean ctest-will-fail <<'RUN'
printf 'cmake_minimum_required(VERSION 3.0)\nproject(t C)\ninclude(CheckFunctionExists)\ncheck_function_exists(strlcpy_s HAVE_STRLCPY_S)\ncheck_function_exists(error_at_line HAVE_ERROR)\nenable_testing()\n' > CMakeLists.txt
for i in $(seq 1 25); do printf 'add_test(NAME fails_on_error_%d COMMAND sh -c "exit 1")\nset_tests_properties(fails_on_error_%d PROPERTIES WILL_FAIL TRUE)\n' $i $i >> CMakeLists.txt; done
cmake -B build && cd build && ctest
RUN
