#!/usr/bin/env bash
# Ruby, PHP, Perl, Lua, Elixir, OCaml, C#, bash, shellcheck, bats.
. "$(dirname "$0")/common.sh"

fails rspec-expect --category test --root "expected: 90" --root "Failure/Error: expect(100 - 5).to eq(90)" --root "got: 95" --root "rspec ./discount_spec.rb:6" --root "1) Discount is taken off" --format github <<'RUN'
printf "RSpec.describe 'Discount' do\n  it 'raises an error for negatives' do\n    expect { raise ArgumentError }.to raise_error(ArgumentError)\n  end\n\n  it 'is taken off' do\n    expect(100 - 5).to eq(90)\n  end\n\n  xit 'fails on weekends' do\n  end\nend\n" > discount_spec.rb
step rspec
rspec -f d discount_spec.rb
RUN

fails ruby-nomethod --category runtime --root "undefined method \`fetch' for nil:NilClass (NoMethodError)" --format compose <<'RUN'
printf "def limit(config)\n  config[:limits].fetch(:cpu)\nend\n\nputs 'I, [2026-03-04] INFO -- : booting'\n40.times { |i| puts \"I, [2026-03-04] INFO -- : job #{i} done\" }\n\$stdout.flush\nlimit({})\n" > app.rb
ruby app.rb
RUN

fails minitest-failure --category test --root "Expected: 3" --root "Actual: 4" --root "StockTest#test_counts" --format gitlab <<'RUN'
printf "require 'minitest/autorun'\n\nclass StockTest < Minitest::Test\n  def test_error_message\n    assert_match(/failed/, 'failed')\n  end\n\n  def test_counts\n    assert_equal 3, 4\n  end\nend\n" > stock_test.rb
step ruby stock_test.rb
ruby stock_test.rb --seed 1
RUN

fails bundler-missing --category dependency --root "Could not find gem 'acme-auth" --format circleci <<'RUN'
printf "gem 'acme-auth', '~> 2.1'\n" > Gemfile
step bundle install
bundle install --local
RUN

fails rubocop-offenses --category lint --root "Lint/UselessAssignment" --root "Layout/SpaceAroundOperators" --format jenkins <<'RUN'
printf "# frozen_string_literal: true\n\ndef total(items)\n  unused = 1\n  items.sum+1\nend\n" > cart.rb
step RuboCop
rubocop cart.rb
RUN

fails phpunit-assert --category test --root "Failed asserting that 19 is identical to 20." --root "1) VatTest::testRounds" --format github <<'RUN'
printf '<?php\nuse PHPUnit\\Framework\\TestCase;\n\nfinal class VatTest extends TestCase\n{\n    public function testErrorIsThrown(): void { $this->expectException(RuntimeException::class); throw new RuntimeException("expected"); }\n\n    public function testRounds(): void\n    {\n        $this->assertSame(20, 19);\n    }\n}\n' > VatTest.php
step phpunit
phpunit VatTest.php
RUN

fails php-uncaught --category runtime --root "Fatal error: Uncaught TypeError: total(): Argument #1" --format docker-json <<'RUN'
printf '<?php\nfunction total(array $items): int { return array_sum($items); }\nfor ($i = 0; $i < 30; $i++) { echo "[info] cron task $i finished\\n"; }\ntotal("12");\n' > cron.php
php -d display_errors=stderr -d log_errors=0 cron.php
RUN

fails php-parse --category compile --category runtime --category lint --root 'syntax error, unexpected token "}"' --format travis <<'RUN'
printf '<?php\nfunction a() {\n    $x = 1\n}\n' > a.php
step php -l a.php
php -l a.php
RUN

fails composer-unsolvable --category dependency --root "Root composer.json requires acme/mailer, it could not be found in any version" --format azure <<'RUN'
printf '{"repositories":[{"packagist.org":false}],"require":{"acme/mailer":"^3.0"}}' > composer.json
step Install
COMPOSER_ALLOW_SUPERUSER=1 composer install --no-interaction --no-ansi
RUN

fails prove-failure --root "not ok 3 - joins paths" --category test --root "Failed test 'joins paths'" --root "#          got: 'a//b'" --root "#     expected: 'a/b'" --root "#   at t/paths.t line 4." --format gitlab <<'RUN'
mkdir t
printf "use Test::More tests => 3;\nok(1, 'error is reported');\nis('a/b', 'a/b', 'keeps paths');\nis('a//b', 'a/b', 'joins paths');\n" > t/paths.t
for i in $(seq 1 30); do printf "use Test::More tests => 1;\nok(1, 'fail %d');\n" $i > t/error_$i.t; done
step prove
prove -v t
RUN

fails perl-module --category dependency --category runtime --root "Can't locate Acme/Mail.pm in @INC" --format syslog <<'RUN'
printf 'use strict;\nuse Acme::Mail;\nprint "sent\\n";\n' > send.pl
perl send.pl
RUN

fails lua-error --category runtime --root "attempt to index a nil value (field 'routes')" <<'RUN'
printf 'local config = {}\nprint("loading 3 plugins")\nlocal function first()\n  return config.routes[1]\nend\nfirst()\n' > main.lua
lua5.4 main.lua
RUN

fails elixir-test --category test --root "1) test orders are sorted (OrdersTest)" --root "Assertion with == failed" --root "left:  [2, 1]" --root "right: [1, 2]" --root "orders_test.exs:6" --format buildkite <<'RUN'
printf 'ExUnit.start()\ndefmodule OrdersTest do\n  use ExUnit.Case\n  test "errors are raised", do: assert_raise(RuntimeError, fn -> raise "boom" end)\n  test "orders are sorted" do\n    assert [2, 1] == [1, 2]\n  end\nend\n' > orders_test.exs
step mix test
elixir orders_test.exs
RUN

fails mcs-errors --category compile --root "error CS1061: Type \`Order' does not contain a definition for \`Total'" --root "error CS1061" --format azure <<'RUN'
printf 'class Order { public int Sum; }\nclass Program {\n    static int Main() {\n        int unused;\n        return new Order().Total;\n    }\n}\n' > Program.cs
step Build
mcs Program.cs
RUN

fails ocaml-type --category compile --root "Error: This expression has type string but an expression was expected of type" <<'RUN'
printf 'let total items = List.fold_left (+) 0 items\nlet () = print_int (total ["1"])\n' > cart.ml
ocamlc -o cart cart.ml
RUN

fails bash-unbound --category runtime --category configuration --root "deploy.sh: line 4: RELEASE_TAG: unbound variable" --root "RELEASE_TAG: unbound variable" --format gitlab <<'RUN'
printf 'set -eu\necho "Checking 12 images"\nfor i in 1 2 3 4; do echo "image $i is signed, 0 errors"; done\necho "Releasing $RELEASE_TAG"\n' > deploy.sh
step ./deploy.sh
bash deploy.sh
RUN

fails bash-command-missing --category dependency --category configuration --category runtime --root "line 3: kustomize-acme: command not found" --format github <<'RUN'
printf 'set -e\necho "Rendering manifests"\nkustomize-acme build overlays/prod\n' > render.sh
step ./render.sh
bash render.sh
RUN

fails shellcheck --category lint --root "SC2086" --root "SC2154" --format circleci <<'RUN'
printf '#!/bin/bash\ncp $1 /backup\necho "$undefined_target"\n' > backup.sh
step shellcheck backup.sh
shellcheck backup.sh
RUN

fails bats-failure --category test --root "not ok 2 rejects unknown flags" --root "\`[ \"\$status\" -eq 2 ]' failed" --format travis <<'RUN'
printf '@test "prints an error" {\n  run echo error\n  [ "$output" = error ]\n}\n\n@test "rejects unknown flags" {\n  run true --nope\n  [ "$status" -eq 2 ]\n}\n\n@test "fails on missing files" {\n  run cat /nonexistent\n  [ "$status" -eq 1 ]\n}\n' > cli.bats
step bats
bats --tap cli.bats
RUN

clean rspec-pending --format gitlab <<'RUN'
printf "RSpec.describe 'Errors' do\n  it 'raises on failure' do\n    warn 'ERROR: simulated failure'\n    expect { raise 'x' }.to raise_error\n  end\n\n  it 'is broken' do\n    pending 'known failure, issue 3'\n    expect(1).to eq(2)\n  end\nend\n" > errors_spec.rb
step rspec
rspec -f d errors_spec.rb
RUN

clean bash-retries --format github <<'RUN'
step ./fetch.sh
for try in 1 2 3; do
  if [ $try -lt 3 ]; then echo "curl: (7) Failed to connect to mirror port 443: Connection refused"; echo "Attempt $try of 5 failed, retrying in $try s"; else echo "Attempt $try of 5 succeeded"; break; fi
done
rm -f nothing.log || true
cat /nonexistent 2> /dev/null || echo "no previous report, starting a new one (this is not an error)"
grep -c error /dev/null || echo "no errors found"
echo "Done: 14 files fetched, 0 failed"
RUN

clean prove-todo --format travis <<'RUN'
mkdir t
for i in $(seq 1 60); do printf "use Test::More tests => 2;\nok(1, 'error %d is reported');\nTODO: { local \$TODO = 'not written'; ok(0, 'fails for now'); }\n" $i > t/failure_$i.t; done
step prove
prove t
RUN
