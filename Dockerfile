# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
#
#   docker build -t swiftlet .
#   docker run --read-only --rm -p 9001:9001 swiftlet
#
# What each part weighs, and what a container may need besides: docs/container.md.

FROM swift:6.3.1-bookworm AS build
RUN apt-get -q update && apt-get -q install -y --no-install-recommends \
      libcurl4-openssl-dev libssl-dev libopenblas-serial-dev libsimdjson-dev libsqlite3-dev \
      zlib1g-dev pkg-config python3-minimal \
    && rm -rf /var/lib/apt/lists/* \
    # Without its shared object the linker takes the static OpenBLAS.
    && find /usr/lib -name 'libopenblas.so*' -delete
WORKDIR /src
COPY deploy/image deploy/image
COPY Package.swift ./
COPY CSources CSources
COPY Sources Sources
COPY perf perf
COPY Tests Tests
RUN static="$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/lib/swift_static/linux" \
    && icu="$(deploy/image/english-icu "$static/lib_FoundationICU.a" /src/icu.o)" \
    && swift build -c release --product swiftlet --static-swift-stdlib \
      -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
      -Xlinker -Map=/src/swiftlet.map $icu $(deploy/image/blas-kernels) \
    && deploy/image/weigh /src/swiftlet.map \
    && install -D -s .build/release/swiftlet /out/swiftlet

FROM debian:bookworm-slim
RUN apt-get -q update && apt-get -q install -y --no-install-recommends \
      ca-certificates libcurl4 libssl3 libsimdjson14 libsqlite3-0 zlib1g \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/* \
    && useradd --system --uid 10001 --no-create-home swiftlet \
    # For a volume, which takes its owner from here.
    && install -d -o 10001 -g 10001 -m 700 /var/lib/swiftlet
COPY --from=build /out/swiftlet /usr/local/bin/swiftlet
LABEL org.opencontainers.image.title="swiftlet" \
      org.opencontainers.image.description="A WebSocket server for binary work: images in, statistics out; queues in JSON and MessagePack; echo, topics." \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001
ENV SWIFTLET_HOST=0.0.0.0
EXPOSE 9001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["swiftlet", "health"]
ENTRYPOINT ["swiftlet"]
CMD ["serve"]
