module github.com/bearerguard/bearerguard/internal/interop

go 1.26.0

replace github.com/bearerguard/bearerguard => ../..
