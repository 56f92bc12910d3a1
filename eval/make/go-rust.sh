#!/usr/bin/env bash
# go build, vet, test; cargo, rustc, clippy.
. "$(dirname "$0")/common.sh"

fails go-build --category compile --root 'undefined: parseHeader' --root 'cannot use "80" (untyped string constant) as int value' --format github <<'RUN'
printf 'module example.org/app\n\ngo 1.22\n' > go.mod
printf 'package main\n\nfunc listen(port int) error { return nil }\n\nfunc main() {\n\tlisten("80")\n\tparseHeader()\n}\n' > main.go
step go build ./...
go build ./...
RUN

fails go-vet --category lint --category compile --root "has arg name of wrong type string" --format gitlab <<'RUN'
printf 'module example.org/app\n\ngo 1.22\n' > go.mod
printf 'package main\n\nimport "fmt"\n\nfunc main() {\n\tname := "x"\n\tfmt.Printf("%%d\\n", name)\n}\n' > main.go
step go vet ./...
go vet ./...
RUN

fails go-test-long --category test --root "case 407: got 408, want 407" --root "--- FAIL: TestLimits/case_407" --format github <<'RUN'
printf 'module example.org/limits\n\ngo 1.22\n' > go.mod
cat > limits_test.go <<'GO'
package limits

import (
	"fmt"
	"log"
	"testing"
)

func TestErrorIsReported(t *testing.T) { log.Print("error: simulated failure") }

func TestLimits(t *testing.T) {
	for n := 0; n < 1000; n++ {
		t.Run(fmt.Sprintf("case_%d", n), func(t *testing.T) {
			got := n
			if n == 407 {
				got++
			}
			if got != n {
				t.Errorf("case %d: got %d, want %d", n, got, n)
			}
		})
	}
}

func TestFailureIsRetried(t *testing.T) {}
GO
step go test -v ./...
go test -v ./...
RUN

fails go-test-panic --category runtime --category test --root "--- FAIL: TestWraps" --root "panic: runtime error: index out of range [3] with length 3" --root "panic: runtime error: index out of range [3] with length 3 [recovered" --format jenkins <<'RUN'
printf 'module example.org/ring\n\ngo 1.22\n' > go.mod
printf 'package ring\n\nimport "testing"\n\nfunc at(values []int, i int) int { return values[i] }\n\nfunc TestWraps(t *testing.T) {\n\tat([]int{1, 2, 3}, 3)\n}\n' > ring_test.go
step Test
go test ./...
RUN

fails go-deadlock --category runtime --category timeout --root "fatal error: all goroutines are asleep - deadlock!" --format compose <<'RUN'
printf 'package main\n\nimport "log"\n\nfunc main() {\n\tlog.SetFlags(0)\n\tlog.Print("level=info msg=\\"reading 14 partitions\\"")\n\tdone := make(chan bool)\n\tlog.Print("level=info msg=\\"waiting for partitions\\"")\n\t<-done\n}\n' > main.go
go run main.go
RUN

fails go-race --category test --category runtime --root "WARNING: DATA RACE" --root "race detected during execution of test" --root "--- FAIL: TestCounter" --format taskcluster <<'RUN'
printf 'module example.org/counter\n\ngo 1.22\n' > go.mod
printf 'package counter\n\nimport (\n\t"sync"\n\t"testing"\n)\n\nfunc TestCounter(t *testing.T) {\n\tn := 0\n\tvar group sync.WaitGroup\n\tfor i := 0; i < 8; i++ {\n\t\tgroup.Add(1)\n\t\tgo func() { n++; group.Done() }()\n\t}\n\tgroup.Wait()\n}\n' > counter_test.go
step go test -race
go test -race ./...
RUN

fails go-test-timeout --category timeout --category test --root "TestDrain (" --root "panic: test timed out after 2s" --format azure <<'RUN'
printf 'module example.org/sync\n\ngo 1.22\n' > go.mod
printf 'package sync\n\nimport "testing"\n\nfunc TestFast(t *testing.T) {}\n\nfunc TestDrain(t *testing.T) {\n\t<-make(chan int)\n}\n' > sync_test.go
step Test
(sleep 3; true) & go test -timeout 2s ./...
RUN

fails go-missing-module --category dependency --root "no required module provides package example.org/missing/client" --format buildkite <<'RUN'
printf 'module example.org/app\n\ngo 1.22\n' > go.mod
printf 'package main\n\nimport "example.org/missing/client"\n\nfunc main() { client.Run() }\n' > main.go
step go build
GOPROXY=off go build ./...
RUN

fails go-service-nil --category runtime --root "panic: runtime error: invalid memory address or nil pointer dereference" --format kubectl <<'RUN'
cat > main.go <<'GO'
package main

import (
	"log/slog"
	"os"
)

type session struct{ user *struct{ name string } }

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	for i := 0; i < 200; i++ {
		log.Info("request", "path", "/session", "status", 200, "errors", 0)
	}
	log.Warn("session store is slow", "ms", 812)
	s := &session{}
	log.Info("session opened", "user", s.user.name)
}
GO
go run main.go
RUN

fails cargo-borrow --category compile --root "error[E0502]: cannot borrow \`queue\` as mutable because it is also borrowed as immutable" --root "--> src/main.rs:4:5" --format github <<'RUN'
quietly cargo init --name queue
printf 'fn main() {\n    let mut queue = vec![1];\n    let first = &queue[0];\n    queue.push(2);\n    println!("{first}");\n}\n\nfn unused_error() {}\n' > src/main.rs
step cargo build
cargo build --offline
RUN

fails cargo-test --category test --root "assertion \`left == right\` failed: rounding" --root "thread 'tests::rounds_half_up' " --root "test tests::rounds_half_up ... FAILED" --format gitlab <<'RUN'
quietly cargo init --lib --name money
{ printf 'pub fn cents(x: f64) -> i64 {\n    (x * 100.0) as i64\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n'
for i in $(seq 1 80); do printf '    #[test]\n    fn error_%d_is_handled() {\n        assert_eq!(cents(%d.0), %d00);\n    }\n' $i $i $i; done
printf '    #[test]\n    #[should_panic]\n    fn panics_on_purpose() {\n        panic!("expected");\n    }\n    #[test]\n    fn rounds_half_up() {\n        assert_eq!(cents(0.295), 30, "rounding");\n    }\n}\n'; } > src/lib.rs
step cargo test
cargo test --offline
RUN

fails cargo-clippy --category lint --root "error: the loop variable \`i\` is only used to index" --format jenkins <<'RUN'
quietly cargo init --name shop
printf 'fn main() {\n    let values = [1, 2, 3];\n    for i in 0..values.len() {\n        println!("{}", values[i]);\n    }\n}\n' > src/main.rs
step cargo clippy
cargo clippy --offline -- -D warnings
RUN

fails cargo-missing-crate --category dependency --category network --root "error: no matching package named \`acme_tracing\` found" --format circleci <<'RUN'
quietly cargo init --name app
printf 'acme_tracing = "0.4"\n' >> Cargo.toml
step cargo build --offline
cargo build --offline
RUN

fails rust-panic --category runtime --root "called \`Result::unwrap()\` on an \`Err\` value: ParseIntError { kind: InvalidDigit }" --root "thread 'main' " --format journald <<'RUN'
printf 'fn main() {\n    for n in 0..60 {\n        println!("INFO ingest: batch {n} stored");\n    }\n    let port: u16 = "80a".parse().map_err(|e| e).unwrap();\n    println!("{port}");\n}\n' > main.rs
rustc -A warnings main.rs && ./main
RUN

fails cargo-build-script --category dependency --category compile --category configuration --root "libacme not found: install libacme-dev or set LIBACME_DIR" --format travis <<'RUN'
quietly cargo init --name bindings
printf 'fn main() {\n    println!("cargo:warning=searching for libacme");\n    panic!("libacme not found: install libacme-dev or set LIBACME_DIR");\n}\n' > build.rs
step cargo build
cargo build --offline
RUN

clean go-test-verbose --format github <<'RUN'
printf 'module example.org/errors\n\ngo 1.22\n' > go.mod
cat > errors_test.go <<'GO'
package errors

import (
	"fmt"
	"log"
	"testing"
)

func TestErrors(t *testing.T) {
	for n := 0; n < 400; n++ {
		t.Run(fmt.Sprintf("error_%d_fails", n), func(t *testing.T) { t.Log("got expected error: connection refused") })
	}
}

func TestPanicIsRecovered(t *testing.T) {
	defer func() { log.Print("recovered: ", recover()) }()
	panic("simulated panic")
}

func TestSkipped(t *testing.T) { t.Skip("fails on this platform") }
GO
step go test -v ./...
go test -v ./...
RUN

clean cargo-warnings --format gitlab <<'RUN'
quietly cargo init --lib --name lenient
printf 'fn error_unused() {}\n\npub fn fail(panic: bool) -> u32 {\n    let failed = 1;\n    2\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    #[should_panic(expected = "fatal")]\n    fn panics() {\n        panic!("fatal error: on purpose");\n    }\n    #[test]\n    #[ignore = "fails, see issue 9"]\n    fn broken() {\n        panic!();\n    }\n}\n' > src/lib.rs
step cargo build
cargo build --offline
step cargo test
cargo test --offline -- --nocapture
RUN
