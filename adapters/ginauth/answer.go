package ginauth

import (
	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses a request from within its handler. Call it with the error of
// [middleware.Verifier.Check]; for any other error, nil included, the status is
// 500. Like Require, Answer writes status, challenge and body.
func Answer(c *gin.Context, err error) { Guard{}.Answer(c, err) }

// Answer is the function [Answer] with g's settings.
func (g Guard) Answer(c *gin.Context, err error) {
	e := middleware.Refusal(err)
	e.SetHeader(c.Writer.Header())
	g.refuse(c, e)
}

func (g Guard) refuse(c *gin.Context, e *middleware.Error) {
	_ = c.Error(e) // returns e
	c.Abort()
	status, contentType := e.StatusCode(), "application/json"
	body, _ := e.MarshalJSON() // cannot fail: two strings
	if g.ErrorBody != nil {
		contentType, body = g.ErrorBody(c.Request, e)
	}
	if body == nil {
		c.Header("Content-Type", "") // set for a success
		c.Status(status)
		c.Writer = settled{c.Writer}
		return
	}
	c.Header("Content-Type", contentType) // Data would keep one that was set for a success
	c.Data(status, contentType, body)
}

// settled is a writer whose status cannot be changed by the middleware that
// writes the body.
type settled struct{ gin.ResponseWriter }

func (settled) WriteHeader(int) {}
