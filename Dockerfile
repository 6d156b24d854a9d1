# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0

FROM swift:6.3.1-bookworm AS build
RUN apt-get -q update && apt-get -q install -y --no-install-recommends \
      libcurl4-openssl-dev libssl-dev libopenblas-serial-dev libsimdjson-dev libsqlite3-dev \
      zlib1g-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY CSources CSources
COPY Sources Sources
COPY perf perf
COPY Tests Tests
RUN swift build -c release --product swiftlet --static-swift-stdlib \
    && install -D -s .build/release/swiftlet /out/swiftlet

FROM debian:bookworm-slim
# The sequential OpenBLAS: no thread pool beside the event loops.
RUN apt-get -q update && apt-get -q install -y --no-install-recommends \
      ca-certificates libcurl4 libssl3 libopenblas0-serial libsimdjson14 libsqlite3-0 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home swiftlet
COPY --from=build /out/swiftlet /usr/local/bin/swiftlet
USER 10001
ENV SWIFTLET_HOST=0.0.0.0
EXPOSE 9001
STOPSIGNAL SIGTERM
# By the shell's own sockets: a client program would only be for this.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/9001 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
ENTRYPOINT ["swiftlet"]
CMD ["serve"]
