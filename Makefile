# What a fresh Debian machine with a Swift toolchain needs to build, test and try Muster.
.PHONY: test demo packages format lint build release

PACKAGES := libcurl4-openssl-dev libyaml-dev liblua5.4-dev libsqlite3-dev pkg-config git curl

# Installs the missing system packages, and nothing when all are there.
packages:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing; \
	fi

build: packages
	swift build

release: packages
	swift build -c release --static-swift-stdlib --product muster

format:
	swift format -i -p -r Package.swift Sources Tests Benchmarks

lint:
	swift format lint -s -p -r Package.swift Sources Tests Benchmarks

# Checks the format, builds everything without warnings in our targets, and runs all tests.
test: packages lint
	.ci/build-without-warnings --build-tests
	swift test --skip-build

# Shows the fleet converge on simulated clusters; ONCE=1 goes through all of it unattended.
demo: packages
	swift build --product muster
	ONCE=$(ONCE) .ci/demo
