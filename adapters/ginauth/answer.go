package ginauth

import (
	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses a request from within its handler. Pass it the error that
// [middleware.Verifier.Check] returned. For any other error, and for nil, the
// status is 500. Answer writes status, challenge and body, as Require does.
func Answer(c *gin.Context, err error) { Guard{}.Answer(c, err) }

// Answer is the function [Answer] with g's settings.
func (g Guard) Answer(c *gin.Context, err error) {
	e := middleware.Refusal(err)
	e.SetHeader(c.Writer.Header())
	g.refuse(c, e)
}

func (g Guard) refuse(c *gin.Context, e *middleware.Error) {
	_ = c.Error(e) // c.Error returns e
	c.Abort()
	status, contentType := e.StatusCode(), "application/json"
	body, _ := e.MarshalJSON() // cannot fail, because the body consists of two strings
	if g.ErrorBody != nil {
		contentType, body = g.ErrorBody(c.Request, e)
	}
	if body == nil {
		c.Header("Content-Type", "") // may be set for a success response
		c.Status(status)
		c.Writer = settled{c.Writer}
		return
	}
	c.Header("Content-Type", contentType) // c.Data would keep a Content-Type that was set for a success response
	c.Data(status, contentType, body)
}

// settled is a ResponseWriter that ignores later changes of the status, so that
// the middleware that writes the body cannot change the status.
type settled struct{ gin.ResponseWriter }

func (settled) WriteHeader(int) {}
