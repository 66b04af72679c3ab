package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// JWTConfig sets which signed bearer tokens are believed. All of Issuer,
// Audience and JWKSURL, or none, must be set; none: no token is.
type JWTConfig struct {
	// Issuer is what iss must be, exactly.
	Issuer string `envconfig:"RYNDA_JWT_ISSUER"`
	// Audience is what must be in aud.
	Audience string `envconfig:"RYNDA_JWT_AUDIENCE"`
	// JWKSURL is where the public keys are: https, or http on this machine.
	JWKSURL string `envconfig:"RYNDA_JWT_JWKS_URL"`
	// ProjectsClaim names the claim with the slugs of the projects in reach: a
	// list, or one text with spaces or commas between; "*" among them is every
	// project. A token without the claim reaches none.
	ProjectsClaim string `envconfig:"RYNDA_JWT_PROJECTS_CLAIM" default:"rynda_projects"`
}

const (
	longestJWT = 16 << 10         // bytes
	leeway     = 10 * time.Second // between the clocks; streams end a recheck, 45 s at most, after it
)

// bearers verifies signed tokens.
type bearers struct {
	config JWTConfig
	keys   *keySet
	now    func() time.Time
}

func newBearers(config Config, now func() time.Time) *bearers {
	if config.JWT.Issuer == "" {
		return nil
	}
	return &bearers{config.JWT, &keySet{url: config.JWT.JWKSURL, client: outbound(config.Transport), now: now}, now}
}

// signedForm reports whether a text can be a signed token: three parts.
func signedForm(text string) bool {
	return len(text) <= longestJWT && strings.Count(text, ".") == 2
}

// verify says whom a token names and until when. One that has expired comes
// back with its time and no error: it is no guess.
//
// Errors: ErrUnknown for one that proves nothing, ErrUnavailable when the keys
// cannot be had. Neither holds anything of the token.
func (b *bearers) verify(ctx context.Context, text string) (proof, error) {
	payload, err := b.keys.VerifySignature(ctx, text)
	if err != nil {
		return proof{}, err
	}
	var said claims
	if json.Unmarshal(payload, &said) != nil {
		return proof{}, ErrUnknown
	}
	until, expires := said.time("exp")
	notBefore, _ := said.time("nbf")
	issuedAt, _ := said.time("iat")
	latest := b.now().Add(leeway)
	if said.text("iss") != b.config.Issuer || !said.isFor(b.config.Audience) || !expires ||
		latest.Before(notBefore) || latest.Before(issuedAt) || said.subject() == "" {
		return proof{}, ErrUnknown
	}
	p := proof{expires: until.Add(leeway)}
	p.slugs, p.all = said.projects(b.config.ProjectsClaim)
	p.who = Identity{Kind: Bearer, ID: said.subject(), Name: said.name("name"), Expires: p.expires}
	return p, nil
}

// byJWT recognises a caller by a signed token. It is remembered as what is in a
// table is: verified anew when it was not for a while, and forgotten with its
// key.
func (a *Authenticator) byJWT(r *http.Request, how trust, text string) (Identity, error) {
	sum := sha256Of(text)
	return a.prove(r, how, a.guesses, "jwt"+string(sum[:]), sum, func(ctx context.Context) (proof, error) {
		p, err := a.bearers.verify(ctx, text)
		p.sha256 = sum
		return p, err
	})
}

func (c JWTConfig) check() (faults []string) {
	if c.Issuer == "" && c.Audience == "" && c.JWKSURL == "" {
		return nil
	}
	for name, value := range map[string]string{
		"RYNDA_JWT_ISSUER": c.Issuer, "RYNDA_JWT_AUDIENCE": c.Audience, "RYNDA_JWT_JWKS_URL": c.JWKSURL,
	} {
		if value == "" {
			faults = append(faults, fmt.Sprintf("%s: must be set with the other two", name))
		}
	}
	if c.JWKSURL != "" && !believable(c.JWKSURL) {
		faults = append(faults, "RYNDA_JWT_JWKS_URL: must be an https address")
	}
	return faults
}
