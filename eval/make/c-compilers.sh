#!/usr/bin/env bash
# C and C++: gcc, g++, clang, ld, make.
. "$(dirname "$0")/common.sh"

fails gcc-undeclared --category compile --root "error: 'tok' undeclared" --format jenkins <<'RUN'
mkdir src
printf '#include <stdio.h>\nint next(void);\nint parse(void)\n{\n    int depth = 0;\n    return tok + depth;\n}\n' > src/parser.c
printf 'int next(void) { int unused; return 1; }\n' > src/lexer.c
printf 'OBJS = src/lexer.o src/parser.o\nCFLAGS = -Wall -O2\nparser: $(OBJS)\n\t$(CC) -o $@ $^\n' > Makefile
export LC_ALL=C
step make
make
RUN

fails gcc-parallel-middle --category compile --root "error: 'struct peer' has no member named 'addr6'" --format github <<'RUN'
export LC_ALL=C
mkdir -p src/net
for i in $(seq 1 420); do
  printf '#include "common.h"\nstatic int helper_%d(int error) { int unused_%d; return error * %d; }\nint module_%d(int failed) { unsigned u = failed; if (u < 0) return helper_%d(failed); return u; }\n' $i $i $i $i $i > src/module_$i.c
done
printf 'struct peer { int addr4; };\nint log_error(const char *message);\n' > src/common.h
printf '#include "common.h"\nint connect_peer(struct peer *peer)\n{\n    return peer->addr6;\n}\n' > src/net/socket.c
printf 'SRCS = $(wildcard src/module_1*.c) src/net/socket.c $(wildcard src/module_[2-9]*.c)\nOBJS = $(SRCS:.c=.o)\nCFLAGS = -Wall -Wextra -O1 -Isrc\nall: $(OBJS)\n%%.o: %%.c\n\t$(CC) $(CFLAGS) -c -o $@ $<\n' > Makefile
step make -k -j4
make -k -j4
RUN

fails gxx-template-cascade --category compile --root "error: no match for 'operator<'" --root "no match for 'operator<' (operand types" --format gitlab <<'RUN'
export LC_ALL=C
printf '#include <algorithm>\n#include <string>\n#include <vector>\nstruct Order { int id; std::string customer; };\nint main()\n{\n    std::vector<Order> orders{{2, "b"}, {1, "a"}};\n    std::sort(orders.begin(), orders.end());\n    return orders.front().id;\n}\n' > main.cpp
step g++ -std=c++17 -Wall -o orders main.cpp
g++ -std=c++17 -Wall -o orders main.cpp
RUN

fails ld-undefined-reference --category compile --root "undefined reference to \`compress_block'" --root "undefined reference to \`checksum'" <<'RUN'
export LC_ALL=C
printf 'int compress_block(int);\nint checksum(int);\nint main(void) { return compress_block(checksum(3)); }\n' > main.c
printf 'int checksum_v2(int x) { return x; }\n' > sum.c
printf 'tool: main.o sum.o\n\t$(CC) -o $@ $^ -lm\n' > Makefile
make
RUN

fails ld-missing-library --category compile --category dependency --root "cannot find -lavformatx" --format azure <<'RUN'
export LC_ALL=C
printf 'int main(void) { return 0; }\n' > main.c
step Build
gcc -c main.c && echo "CC main.o" && echo "LD player" && gcc -o player main.o -lavformatx -lm
RUN

fails gcc-missing-header --category compile --category dependency --root "fatal error: openssl/quic_extra.h: No such file or directory" --format travis <<'RUN'
export LC_ALL=C
printf '#include <stdio.h>\n#include <openssl/quic_extra.h>\nint main(void) { return 0; }\n' > tls.c
printf 'CFLAGS=-Wall\ntls: tls.c\n\t$(CC) $(CFLAGS) -o $@ $<\n' > Makefile
step make
make
RUN

fails gcc-werror --category compile --category lint --root "b.c:1:33: error: control reaches end of non-void function" <<'RUN'
export LC_ALL=C
printf 'int a(int x) { int unused; return x; }\n' > a.c
printf 'int b(int x) { if (x) return 1; }\n' > b.c
printf 'int c(int x) { char *p = "text"; return x; }\n' > c.c
for f in a b c; do
  echo "  CC      $f.o"
  flags="-Wall"; [ $f = b ] && flags="-Wall -Werror=return-type"
  gcc -O2 $flags -c $f.c || { echo "make[1]: *** [Makefile:12: $f.o] Error 1"; echo "make: *** [Makefile:4: all] Error 2"; exit 2; }
done
RUN

fails clang-type --category compile --root "error: use of undeclared identifier 'buffer_size'" --root "error: no member named 'length' in 'struct message'" --format taskcluster <<'RUN'
printf 'struct message { int size; };\nint send(struct message *m);\nint send(struct message *m)\n{\n  int n = m->length;\n  return n + buffer_size;\n}\n' > send.c
step make CC=clang
echo "clang -O2 -Wall -c alloc.c"
printf 'static int never(void) { return 1; }\nint alloc(int error) { return error; }\n' > alloc.c
clang -O2 -Wall -c alloc.c
echo "clang -O2 -Wall -c send.c"
clang -O2 -Wall -c send.c
RUN

fails clang-too-many --category compile --root "kernels.c:2:1: error: unknown type name 'tensor_t'" --root "kernels.c:2:20: error: unknown type name 'tensor_t'" --root "kernels.c:3:1: error: unknown type name 'tensor_t'" <<'RUN'
printf 'typedef int other_t;\n' > kernels.h
printf '#include "kernels.h"\n' > kernels.c
for i in $(seq 1 30); do printf 'tensor_t *kernel_%d(tensor_t *in, int n);\n' $i >> kernels.c; done
clang -c kernels.c 2>&1 | grep -v 'kernel_1[0-9]' ; exit ${PIPESTATUS[0]}
RUN

fails make-no-rule --category configuration --category compile --root "No rule to make target 'build/generated.o', needed by 'all'" --format jenkins <<'RUN'
export LC_ALL=C
mkdir -p src build
for i in 1 2 3; do echo "int f$i(void) { return $i; }" > src/part$i.c; done
printf 'OBJS = build/part1.o build/part2.o build/generated.o build/part3.o\nall: $(OBJS)\nbuild/%%.o: src/%%.c\n\t@echo "  CC $@"\n\t@$(CC) -c -o $@ $<\n' > Makefile
step Build
make
RUN

fails make-command-missing --category dependency --category configuration --root "protoc-gen-acme: not found" --format gitlab <<'RUN'
export LC_ALL=C
printf 'all: proto build\nproto:\n\t@echo "Generating code from 14 definitions"\n\tprotoc-gen-acme --out=gen api/*.proto\nbuild:\n\t@echo build\n' > Makefile
step make all
make all
RUN

fails configure-missing-library --category dependency --category configuration --root "configure: error: libfrobnicate 2.4 or later is required" --format buildkite <<'RUN'
printf 'AC_INIT([player],[1.2])\nAC_CONFIG_AUX_DIR([aux])\nAC_PROG_CC\nAC_CHECK_HEADERS([stdio.h sys/epoll.h sys/event.h])\nAC_CHECK_FUNCS([epoll_create kqueue strlcpy])\nAC_CHECK_LIB([m],[sqrt])\nAC_CHECK_LIB([frobnicate],[frob_open],[],[AC_MSG_ERROR([libfrobnicate 2.4 or later is required])])\nAC_OUTPUT\n' > configure.ac
mkdir aux; cp "$(ls /usr/share/automake-*/install-sh | head -1)" aux/
quietly autoconf
step ./configure --prefix=/usr
./configure --prefix=/usr
RUN

fails gxx-out-of-memory --category resource --root "virtual memory exhausted: Cannot allocate memory" --format github <<'RUN'
export LC_ALL=C
{ echo 'template<int N> struct T { static constexpr long v = T<N-1>::v + N; char pad[N]; }; template<> struct T<0> { static constexpr long v = 0; };'
  echo '#include <map>'; echo '#include <string>'; echo '#include <regex>'; echo '#include <functional>'
  echo 'std::map<std::string, std::function<std::regex(std::string)>> table;'
  echo 'int main() { return T<800>::v; }'; } > heavy.cpp
step cmake --build build
echo "[ 41%] Building CXX object CMakeFiles/heavy.dir/heavy.cpp.o"
ulimit -v 90000
g++ -std=c++17 -O2 -c heavy.cpp
code=$?
echo "make[2]: *** [CMakeFiles/heavy.dir/build.make:76: CMakeFiles/heavy.dir/heavy.cpp.o] Error 1"
echo "make[1]: *** [CMakeFiles/Makefile2:83: CMakeFiles/heavy.dir/all] Error 2"
echo "make: *** [Makefile:91: all] Error 2"
exit $code
RUN

clean gcc-warnings --format gitlab <<'RUN'
export LC_ALL=C
mkdir src
for f in error_log failure_test exception fatal; do
  printf 'static int never_%s(int x) { return x; }\nint %s(int failed) { int unused; unsigned u = failed; return u < 0; }\n' $f $f > src/$f.c
done
printf 'int main(void) { return 0; }\n' > src/main.c
printf 'OBJS = src/error_log.o src/failure_test.o src/exception.o src/fatal.o src/main.o\nCFLAGS = -Wall -Wextra\napp: $(OBJS)\n\t$(CC) -o $@ $^\nclean:\n\t-rm missing.o\n' > Makefile
step make clean all
make clean
make app
echo "0 errors, 12 warnings"
RUN

clean configure-probes <<'RUN'
printf 'AC_INIT([player],[1.2])\nAC_CONFIG_AUX_DIR([aux])\nAC_PROG_CC\nAC_CHECK_HEADERS([stdio.h sys/epoll.h sys/event.h])\nAC_CHECK_FUNCS([epoll_create kqueue strlcpy err error])\nAC_CHECK_LIB([frobnicate],[frob_open])\nAC_CHECK_LIB([m],[sqrt])\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n' > configure.ac
echo 'all: ; @echo built' > Makefile.in
mkdir aux; cp "$(ls /usr/share/automake-*/install-sh | head -1)" aux/
quietly autoconf
./configure && make
RUN

clean clang-long --format taskcluster <<'RUN'
mkdir src
for i in $(seq 1 250); do
  printf 'int error_handler_%d(int failed) { int x; return failed + %d; }\nstatic int fatal_%d(void) { return 0; }\n' $i $i $i > src/error_$i.c
done
step ./mach build
for f in src/*.c; do echo "clang -O0 -Wall -Wextra -c $f"; clang -O0 -Wall -Wextra -c $f -o /dev/null; done
echo "Overall system resources - Wall time: 61s; CPU: 92%; Read bytes: 0; Write bytes: 8192"
echo "250 compiler warnings present, 0 errors."
RUN
