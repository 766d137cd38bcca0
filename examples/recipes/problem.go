package recipes

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/adapters/echo5auth"
	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

const problemType = "application/problem+json"

// problem returns a problem document (RFC 9457). The document has no type, so
// its title is the text of the HTTP status.
func problem(status int, err error) []byte {
	document := struct {
		Title  string          `json:"title"`
		Status int             `json:"status"`
		Detail string          `json:"detail,omitempty"`
		Code   middleware.Code `json:"error,omitempty"`
	}{Title: http.StatusText(status), Status: status}
	if refusal, ok := errors.AsType[*middleware.Error](err); ok {
		document.Detail, document.Code = refusal.Description, refusal.Code
	}
	body, _ := json.Marshal(document) // never fails for strings and a number
	return body
}

func problemBody(_ *http.Request, e *middleware.Error) (contentType string, body []byte) {
	return problemType, problem(e.StatusCode(), e)
}

// ProblemHTTP returns an API on net/http that refuses requests with problem
// documents.
func ProblemHTTP(v *middleware.Verifier) http.Handler {
	guard := httpauth.Guard{Verifier: v, ErrorBody: problemBody}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", guard.Require(scopes.All("orders:read"))(listOrders))
	return mux
}

// ProblemGin is ProblemHTTP on Gin.
func ProblemGin(v *middleware.Verifier) http.Handler {
	guard := ginauth.Guard{Verifier: v, ErrorBody: problemBody}
	r := gin.New()
	r.GET("/orders", guard.Require(scopes.All("orders:read")), gin.WrapH(listOrders))
	return r
}

// ProblemEcho returns an API on Echo v4 that reports every error with a problem
// document.
func ProblemEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		status := http.StatusInternalServerError
		if answer, ok := errors.AsType[*echo.HTTPError](err); ok {
			status = answer.Code
		}
		_ = c.Blob(status, problemType, problem(status, err))
	}
	e.GET("/orders", echo.WrapHandler(listOrders), echoauth.Require(v, scopes.All("orders:read")))
	return e
}

// ProblemEcho5 is ProblemEcho on Echo v5.
func ProblemEcho5(v *middleware.Verifier) http.Handler {
	e := echo5.New()
	e.HTTPErrorHandler = func(c *echo5.Context, err error) {
		if response, _ := echo5.UnwrapResponse(c.Response()); response != nil && response.Committed {
			return
		}
		status := cmp.Or(echo5.StatusCode(err), http.StatusInternalServerError)
		_ = c.Blob(status, problemType, problem(status, err))
	}
	e.GET("/orders", echo5.WrapHandler(listOrders), echo5auth.Require(v, scopes.All("orders:read")))
	return e
}
