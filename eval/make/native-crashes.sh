#!/usr/bin/env bash
# Crashes of native programs, sanitizers, valgrind, gdb.
. "$(dirname "$0")/common.sh"

fails segfault --category runtime --root "Segmentation fault" --format github <<'RUN'
printf '#include <stdio.h>\nint main(void) { for (int i = 0; i < 40; i++) printf("frame %%d rendered, 0 errors\\n", i); fflush(stdout); int *p = 0; return *p; }\n' > main.c
gcc -O0 -o render main.c
step ./ci/render.sh
printf './render scene.json\n' > run.sh
bash run.sh
RUN

fails assertion --category runtime --category test --root "Assertion \`queue->size > 0' failed." --format gitlab <<'RUN'
printf '#include <assert.h>\nstruct queue { int size; };\nint pop(struct queue *queue) { assert(queue->size > 0); return 1; }\nint main(void) { struct queue q = {0}; return pop(&q); }\n' > queue.c
gcc -o queue queue.c
step ./queue --self-test
bash -c './queue; exit $?'
RUN

fails cxx-uncaught --category runtime --root "terminate called after throwing an instance of 'std::out_of_range'" --root "what():  map::at" --format journald <<'RUN'
printf '#include <iostream>\n#include <map>\nint main() { std::map<int, int> routes; for (int i = 0; i < 50; i++) std::cerr << "I0304 route " << i << " added" << std::endl; return routes.at(7); }\n' > main.cpp
g++ -o router main.cpp && ./router
RUN

fails asan-overflow --category runtime --category test --root "ERROR: AddressSanitizer: heap-buffer-overflow" --root "SUMMARY: AddressSanitizer: heap-buffer-overflow" --format taskcluster <<'RUN'
printf '#include <stdio.h>\n#include <stdlib.h>\nint sum(int *v, int n) { int s = 0; for (int i = 0; i <= n; i++) s += v[i]; return s; }\nint main(void) { for (int i = 0; i < 30; i++) fprintf(stderr, "TEST-PASS | sum | case %%d\\n", i); int *v = calloc(10, sizeof *v); return sum(v, 10); }\n' > sum.c
gcc -g -fsanitize=address -o sum sum.c
step ./sum
./sum
RUN

fails ubsan-shift --category runtime --category test --root "runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'" --format buildkite <<'RUN'
printf '#include <stdio.h>\nint next(int n) { return n + 1; }\nint main(int argc, char **argv) { printf("ok 1 - first\\n"); return next(2147483646 + argc) == 0; }\n' > next.c
gcc -g -fsanitize=undefined -fno-sanitize-recover=all -o next next.c
step ./next
./next
RUN

fails valgrind-invalid --category runtime --category test --root "Invalid read of size 4" --format jenkins <<'RUN'
printf '#include <stdlib.h>\nint last(int *v) { return v[4]; }\nint main(void) { int *v = malloc(4 * sizeof *v); for (int i = 0; i < 4; i++) v[i] = i; int x = last(v); free(v); return x == 123456; }\n' > last.c
gcc -g -O0 -o last last.c
step Memcheck
valgrind --error-exitcode=9 --leak-check=full ./last
RUN

clean valgrind-clean --format github <<'RUN'
printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { int *errors = calloc(4, sizeof *errors); printf("errors: %%d\\n", errors[0]); free(errors); return 0; }\n' > ok.c
gcc -g -o ok ok.c
step valgrind ./ok
valgrind --error-exitcode=9 --leak-check=full ./ok
RUN
