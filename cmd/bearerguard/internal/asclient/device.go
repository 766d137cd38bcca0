package asclient

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/oauth2"
)

// ByDevice runs the device flow (RFC 8628). The user may open the page on
// another device. ByDevice verifies the ID token in the token response. An ID
// token is required if the scopes include openid.
func (l *Login) ByDevice(ctx context.Context) (Tokens, error) {
	const doing = "device login failed"
	as := l.client
	if err := as.checkEndpoint("device authorization", as.server.Device); err != nil {
		return Tokens{}, err
	}
	ctx, config := as.config(ctx, l.scopes)
	options := slices.Clip(l.options)
	if as.secret != "" { // package oauth2 does not authenticate the client in this request (RFC 8628 §3.1)
		options = append(options, oauth2.SetAuthURLParam("client_secret", as.secret))
	}
	d, err := config.DeviceAuth(ctx, options...)
	if err != nil {
		return Tokens{}, as.failed(doing, err)
	}
	l.show(ctx, Page{URL: cmp.Or(d.VerificationURIComplete, d.VerificationURI), UserCode: d.UserCode})
	t, err := config.DeviceAccessToken(ctx, d)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return Tokens{}, &Error{Expired, doing, errors.New("the code expired before the user approved the login")}
	}
	if err != nil {
		return Tokens{}, as.hiding(d.DeviceCode).failed(doing, err)
	}
	return l.verified(ctx, t, "")
}
