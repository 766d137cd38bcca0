package ginauth

import (
	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses the request that a handler is processing. Pass it the error
// that [middleware.Verifier.Check] returned. If err is nil or does not wrap a
// *middleware.Error, the status is 500. Answer writes the status, the challenge
// and the body, as Require does.
func Answer(c *gin.Context, err error) { Guard{}.Answer(c, err) }

// Answer does the same as the function [Answer], but uses g.ErrorBody.
func (g Guard) Answer(c *gin.Context, err error) {
	e := middleware.Refusal(err)
	e.SetHeader(c.Writer.Header())
	g.refuse(c, e)
}

func (g Guard) refuse(c *gin.Context, e *middleware.Error) {
	_ = c.Error(e) // the result is e in a *gin.Error, not a failure
	c.Abort()
	status, contentType := e.StatusCode(), "application/json"
	body, _ := e.MarshalJSON() // cannot fail, because the body consists of two strings
	if g.ErrorBody != nil {
		contentType, body = g.ErrorBody(c.Request, e)
	}
	if body == nil {
		c.Header("Content-Type", "") // removes the type of a success response
		c.Status(status)
		c.Writer = settled{c.Writer}
		return
	}
	c.Header("Content-Type", contentType) // c.Data does not replace a type that a handler has set
	c.Data(status, contentType, body)
}

// settled is a ResponseWriter that ignores WriteHeader. A middleware can then
// write the body, but cannot change the status.
type settled struct{ gin.ResponseWriter }

func (settled) WriteHeader(int) {}
