package testserver

import "net/http"

// ServeHandler runs h where the server would be, so that tests can close it
// under a handler that is slow to end.
func ServeHandler(h http.Handler, opts ...Option) (url string, client *http.Client, stop func() error, err error) {
	c, err := configure(opts)
	if err != nil {
		return "", nil, nil, err
	}
	l, err := listen(c)
	if err != nil {
		return "", nil, nil, err
	}
	t := l.transport()
	return l.issuer, &http.Client{Transport: t}, serve(l, h, t), nil
}
