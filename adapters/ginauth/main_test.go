package ginauth_test

import (
	"log/slog"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	goleak.VerifyTestMain(m)
}

func newVerifier(t *testing.T) (*testserver.Server, *middleware.Verifier) {
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
	return as, v
}
