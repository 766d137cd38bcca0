package testserver

import "io"

// AuditTo writes each [Event] to w as it happens, as one line of JSON, by one call
// of Write at a time. It is called by whoever causes the event, so a slow w makes
// a slow server. What w refuses is lost, and the first of its errors is that of
// [Server.Close].
func AuditTo(w io.Writer) Option {
	return serverOption(func(c *config) {
		if w == nil {
			c.fail("AuditTo(nil): leave the option out")
		}
		c.Audit = w
	})
}
