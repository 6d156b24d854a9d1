# SPDX-License-Identifier: Apache-2.0
#
#   make run            build and serve on 127.0.0.1:9001
#   make test           everything that must hold
#   make bench          speed and memory against the floor (see perf/README.md)
#   make kernels        the C kernels against plain Swift
#   make store-bench    the memory store at 10 thousand and at 10 million messages, and sqlite's
#   make fanout-bench   one poster and a thousand subscribers
#   make post-bench     posting messages in JSON and in MessagePack, to memory and to disk
#   make client-bench   the instrument against clients in C that check nothing
#   make chaos          well-behaved clients among hostile ones
#   make compare        swiftlet beside servers of other projects, into docs/comparison.md
#   make parsers        the frame parser against other C libraries' (needs their -dev packages)

SHELL := /bin/bash
FUZZ_SECONDS ?= 60
BIN = .build/release

.PHONY: deps browser build run test lint format bench kernels store-bench post-bench fanout-bench client-bench compare parsers core amalgamation fuzz fuzz-codec tsan chaos chaos-tsan conformance crash e2e console image-check clean

deps:
	@scripts/deps

browser:
	@scripts/deps browser

build: deps
	swift build -c release --product swiftlet

run: build
	$(BIN)/swiftlet serve

test: browser
	Tests/run

lint:
	scripts/lint

format:
	scripts/lint --fix

core: deps
	$(MAKE) -C CSources/CSwiftlet check check-symbols
	$(MAKE) -C CSources/CTLS check

# The C core as one file, CSources/CSwiftlet/.build/amalgamation/swiftlet.c
amalgamation:
	$(MAKE) -C CSources/CSwiftlet amalgamation

fuzz: deps
	$(MAKE) -C CSources/CSwiftlet fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

# What SwiftPM cannot build: libFuzzer has the main function. A trap is a finding, not to be explained.
CODEC = $(wildcard Sources/SwiftletMessaging/Codec/*.swift) \
  Sources/SwiftletMessaging/Authentication/UTCTime.swift
fuzz-codec: deps
	mkdir -p .build-fuzz/codec
	clang++ -std=c++17 -O1 -g -fsanitize=fuzzer-no-link,address -ICSources/CSimdjson/include \
	  -c CSources/CSimdjson/parse.cpp -o .build-fuzz/parse.o
	swiftc -O -g -sanitize=fuzzer,address -parse-as-library -module-name CodecFuzz \
	  -enable-upcoming-feature InternalImportsByDefault -ICSources/CSimdjson/include \
	  $(CODEC) Tests/fuzz/CodecFuzz.swift .build-fuzz/parse.o -lsimdjson -lstdc++ -o .build-fuzz/codec_fuzz
	SWIFT_BACKTRACE=enable=no .build-fuzz/codec_fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=5 \
	  -rss_limit_mb=1024 -artifact_prefix=.build-fuzz/ .build-fuzz/codec Tests/fuzz/corpus/codec

tsan: deps
	swift test --sanitize=thread --scratch-path .build-tsan \
	  --filter 'SwiftletServerTests|SwiftletClientTests|SwiftletMessagingTests'

# Well-behaved clients among hostile ones; a short form is part of the tests.
CHAOS ?=
chaos: build
	swift build -c release --product swiftlet-perf
	$$(Tests/setup-venv.sh) Tests/chaos/chaos.py $(CHAOS)
	.build/venv/bin/python Tests/chaos/slow_loris.py

# The same with fewer, on a server that the thread sanitizer watches.
chaos-tsan: deps
	swift build -c release --product swiftlet-perf
	swift build --sanitize=thread --scratch-path .build-tsan --product swiftlet
	SWIFTLET_BIN=.build-tsan/debug/swiftlet $$(Tests/setup-venv.sh) Tests/chaos/chaos.py \
	  --connections 200 --rate 400 --hostile 50 --longest 60 --skip-memory $(CHAOS)

conformance: build
	swift build -c release --product conformance-client
	$(MAKE) -C CSources/CSwiftlet examples
	Tests/conformance/run

# Kills a server on sqlite CRASHES times under load; the end-to-end tests do so a few times.
CRASHES ?= 50
crash: build
	$$(Tests/setup-venv.sh) Tests/e2e/store/crash.py --rounds $(CRASHES)

e2e: build
	swift build -c release --product swiftlet-perf
	$$(Tests/setup-venv.sh) -m pytest Tests/e2e

console: build browser
	swift build -c release --product swiftlet-perf
	$$(Tests/setup-venv.sh) -m pytest Tests/console

bench: build
	$(MAKE) -C perf/bench
	python3 perf/bench/compare.py --idle 15000 --json perf/results/latest.json \
	  --subject 'floor=perf/bench/.build/bare_epoll 0 {mode}' \
	  --subject 'swiftlet=$(BIN)/swiftlet serve --port 0 --loops 1 --log-level error'

# Needs a network namespace, so root: short connections would fill the machine's connection tracking.
client-bench: deps
	$(MAKE) -C perf/bench
	swift build -c release --product swiftlet-perf
	python3 perf/bench/clients.py --json perf/results/clients.json

kernels: deps
	swift build -c release --product swiftlet-perf
	$(BIN)/swiftlet-perf kernels

post-bench: build
	$(MAKE) -C perf/bench
	python3 perf/messaging/post.py --json perf/results/post.json \
	  --server '$(BIN)/swiftlet serve --port 0 --loops 1 --store memory --log-level error'
	python3 perf/messaging/post.py --json perf/results/post-sqlite.json --connections 64 --depth 1 \
	  --server '$(BIN)/swiftlet serve --port 0 --loops 1 --store sqlite:.build/post-bench --log-level error'
	rm -f .build/post-bench*

fanout-bench: build
	$(MAKE) -C perf/bench
	python3 perf/messaging/fanout.py --json perf/results/fanout.json \
	  --server '$(BIN)/swiftlet serve --port 0 --loops 1 --log-level error'

store-bench: deps
	swift build -c release --product store-bench
	$(BIN)/store-bench
	@# Without a disk, whose part is the same at any size, and on one CPU, so that threads do not wake each other up across two.
	taskset -c 0 $(BIN)/store-bench /dev/shm/swiftlet-store-bench

compare: build
	swift build -c release --product swiftlet-perf
	Tests/setup-venv.sh
	$(MAKE) -C perf/peers
	perf/compare/run

parsers:
	$(MAKE) -C perf/parsers
	python3 perf/parsers/parsers.py --json perf/results/parsers.json

# Builds and starts the Dockerfile without a Docker engine, where the tool for it is there.
IMAGE_CHECK ?= ../shared/tools/image-check
image-check:
	@if [ -x $(IMAGE_CHECK) ]; then $(IMAGE_CHECK) . /healthz; \
	else echo "skipped: set IMAGE_CHECK to a tool that builds the Dockerfile and asks /healthz"; fi

clean:
	rm -rf .build .build-tsan .build-fuzz CSources/CSwiftlet/.build perf/bench/.build perf/parsers/.build perf/peers/.build \
	  perf/peers/nio/.build
