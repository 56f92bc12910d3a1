#!/usr/bin/env bash
# Installs what the scripts beside this one run, on Debian as root. Compilers of C, Go, Rust and Java (17 and 25), Maven, Docker,
# PostgreSQL, Redis and Terraform are expected on the PATH.
set -eu
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get install -y --no-install-recommends clang libclang-rt-14-dev valgrind gdb autoconf automake libgtest-dev cmake ninja-build \
  ruby ruby-rspec ruby-minitest rubocop bundler php-cli php-mbstring php-xml phpunit composer nginx-light gradle kotlin \
  shellcheck bats lua5.4 elixir ansible-core mono-mcs mono-runtime busybox-static yamllint openssh-client rsync curl wget ocaml-nox \
  clang-tidy catch2 libboost-test-dev meson gfortran
mkdir -p /home/ci
cd /home/ci
python3 -m venv venv
venv/bin/pip install pytest pytest-timeout pytest-xdist pytest-rerunfailures mypy ruff flake8 pylint black flask gunicorn \
  django sqlalchemy coverage hypothesis structlog setuptools wheel build \
  numpy sphinx cython pre-commit uv tox
echo '{"private":true}' > package.json
npm install --legacy-peer-deps jest@29 vitest@3 mocha@10 typescript@5 eslint@9 @eslint/js@9 typescript-eslint@8 prettier@3 \
  webpack@5 webpack-cli@6 esbuild rollup@4 pino@9 express@4 @playwright/test@1.49 react@18 react-dom@18 @types/node@20
