# The mock authorization server, and the example API that trusts it: docs/containers.md.
# Each image has one static binary and the CA certificates, and runs as an unprivileged user.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/bearerguard ./cmd/bearerguard
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/api ./examples/api

FROM scratch AS api
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/api /api
USER 65532:65532
EXPOSE 8080
ENV LISTEN=0.0.0.0:8080
ENTRYPOINT ["/api"]

FROM scratch AS bearerguard
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/bearerguard /bearerguard
USER 65532:65532
EXPOSE 9000
HEALTHCHECK --interval=5s --timeout=5s CMD ["/bearerguard", "health", "http://127.0.0.1:9000/.well-known/openid-configuration"]
ENTRYPOINT ["/bearerguard"]
CMD ["serve", "--addr", "0.0.0.0:9000", "--allow-remote", "--issuer", "http://127.0.0.1:9000"]
