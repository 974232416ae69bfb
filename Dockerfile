# Two images: `sidecar` (the default) for production, `demo` for docker-compose.yml.
#
#   docker build -t passkey-sidecar .
#   docker run -p 443:8443 -v ./Caddyfile:/etc/caddy/Caddyfile:ro -v sidecar_data:/data passkey-sidecar
#
# Both hold one static program, the certificates to trust, and nothing else; they run as uid 65532. Set http_port 8080
# and https_port 8443 in the Caddyfile's global options.

# BuildKit compiles where it runs, for whatever platform is asked for. The classic builder knows no such variables:
# `linux` is its own platform, and an empty GOOS is Go's own.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH
RUN go build -trimpath -ldflags='-s -w' -o /out/bin/ ./cmd/passkey-sidecar ./cmd/demo
# What the images hold besides, with the modes that it has there. A folder keeps its mode only when the one that holds
# it is copied, and old builders ignore or refuse COPY --chmod.
RUN mkdir -p /out/root/etc/ssl/certs /out/root/tmp /out/home/data /out/home/config \
	&& cp /etc/ssl/certs/ca-certificates.crt /out/root/etc/ssl/certs/ \
	&& chmod 1777 /out/root/tmp

FROM scratch AS base
COPY --from=build /out/root/ /
USER 65532:65532

FROM base AS demo
COPY --from=build /out/bin/demo /usr/bin/demo
COPY --from=build /src/LICENSE /src/NOTICE /usr/share/doc/passkey-sidecar/
# The demo writes to /tmp only, and nothing of it outlives the container.
ENV XDG_CONFIG_HOME=/tmp/config XDG_DATA_HOME=/tmp/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
	CMD ["/usr/bin/demo", "--health", "http://127.0.0.1:8080/healthz"]
# In a container 127.0.0.1 is the container's own: listen on every address, and publish only where you want it.
ENTRYPOINT ["/usr/bin/demo", "--listen", "0.0.0.0:8080"]

FROM base AS sidecar
COPY --from=build /out/bin/passkey-sidecar /usr/bin/passkey-sidecar
COPY --from=build /src/LICENSE /src/NOTICE /usr/share/doc/passkey-sidecar/
COPY --from=build --chown=65532:65532 /out/home/ /
# Caddy keeps certificates and our session key in $XDG_DATA_HOME/caddy: mount a volume at /data.
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
VOLUME ["/data", "/config"]
EXPOSE 8080 8443
# Asks Caddy's admin endpoint inside the container. With `admin off`, override it with a URL of your site.
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
	CMD ["/usr/bin/passkey-sidecar", "healthcheck", "http://127.0.0.1:2019/reverse_proxy/upstreams"]
ENTRYPOINT ["/usr/bin/passkey-sidecar"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
