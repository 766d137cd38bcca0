package conformance_test

import (
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/proof/cases"
)

func TestAdapters(t *testing.T) {
	cases.Test(t,
		cases.Framework{Name: "net/http", Routes: newHTTP},
		cases.Framework{Name: "Echo", Routes: newEcho},
		cases.Framework{Name: "Echo v5", Routes: newEcho5},
		cases.Framework{Name: "Gin", Routes: newGin},
	)
}

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	goleak.VerifyTestMain(m)
}
