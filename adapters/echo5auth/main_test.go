package echo5auth_test

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newVerifier(t *testing.T) *middleware.Verifier {
	t.Helper()
	as := testserver.New(t)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
