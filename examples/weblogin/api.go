package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// maxBody limits the size of answers, in bytes.
const maxBody = 1 << 20

type answer struct {
	status     int
	body       []byte
	retryAfter int  // in seconds; 0 if Retry-After is missing
	badProof   bool // the API refused the DPoP proof, and not the token
}

// call sends a GET request with the access token of the session. After a 401,
// it retries once with a new token. If the API refused only the DPoP proof,
// call retries with the same token and a new proof. The API refuses a proof
// that it has already seen, and net/http may send a request twice with the same
// proof.
func (a *app) call(ctx context.Context, id, url string) (answer, error) {
	token, err := a.accessToken(ctx, id, "")
	if err != nil {
		return answer{}, err
	}
	got, err := a.get(ctx, url, token)
	if err != nil || got.status != http.StatusUnauthorized {
		return got, err
	}
	refused := token.AccessToken
	if got.badProof {
		refused = ""
	}
	if token, err = a.accessToken(ctx, id, refused); err != nil {
		return answer{}, err
	}
	return a.get(ctx, url, token)
}

func (a *app) get(ctx context.Context, url string, token *oauth2.Token) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	token.SetAuthHeader(req) // the scheme is the value of token_type, Bearer or DPoP
	req.Header.Set("Accept", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // the API sends seconds, not a date
	challenges := strings.Join(resp.Header.Values("WWW-Authenticate"), ",")
	return answer{resp.StatusCode, body, seconds, strings.Contains(challenges, "invalid_dpop_proof")}, err
}

// unanswered shows the page that explains why a call failed.
func (a *app) unanswered(w http.ResponseWriter, r *http.Request, s session, got answer, err error) {
	switch {
	case errors.Is(err, errEnded):
		a.ended(w, r)
	case err != nil:
		a.log.Warn("a call failed", "reason", reason(err))
		a.show(w, http.StatusBadGateway, page{
			Title: "A service is unavailable", Text: "You are still logged in. Please try again in a moment.", Session: &s,
		})
	case got.status == http.StatusForbidden:
		a.show(w, http.StatusForbidden, page{
			Title: "This is not allowed", Text: "You did not grant this site the permission, or you do not have it yourself.", Session: &s,
		})
	case got.status == http.StatusServiceUnavailable && got.retryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(got.retryAfter))
		a.show(w, http.StatusServiceUnavailable, page{
			Title: "Busy", Text: "Please try again in " + strconv.Itoa(got.retryAfter) + " s.", Session: &s,
		})
	default:
		a.log.Warn("unexpected answer", "status", got.status)
		a.show(w, http.StatusBadGateway, page{Title: "Something went wrong", Text: "You are still logged in.", Session: &s})
	}
}

// items shows the items of the API.
func (a *app) items(w http.ResponseWriter, r *http.Request, id string, s session) {
	got, err := a.call(r.Context(), id, a.cfg.apiURL+"/items")
	if err != nil || got.status != http.StatusOK {
		a.unanswered(w, r, s, got, err)
		return
	}
	var body struct {
		Items []string `json:"items"`
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		a.unanswered(w, r, s, got, err)
		return
	}
	a.show(w, http.StatusOK, page{Title: "Items", Items: body.Items, Session: &s})
}

// members parses a JSON object. Numbers become json.Number, which keeps all
// digits.
func members(body []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var claims map[string]any
	err := decoder.Decode(&claims)
	return claims, err
}
