package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// OIDCConfig sets how people sign in. Issuer, ClientID and ClientSecret must all
// be set, or none; none: nobody can sign in.
type OIDCConfig struct {
	// Issuer is the address of the provider, as its discovery document has it:
	// https, or http on this machine.
	Issuer string `envconfig:"RYNDA_OIDC_ISSUER"`
	// ClientID and ClientSecret are what the provider knows Rynda by.
	ClientID     string `envconfig:"RYNDA_OIDC_CLIENT_ID"`
	ClientSecret Secret `envconfig:"RYNDA_OIDC_CLIENT_SECRET"`
	// Scopes are asked for; openid is, whether it is named or not.
	Scopes []string `envconfig:"RYNDA_OIDC_SCOPES" default:"openid,profile,email"`
	// ProjectsClaim names the claim of the ID token with the slugs of the projects
	// in reach: a list, or one text with spaces or commas between; "*" among them
	// is every project. A person without the claim reaches none. "*" as the name
	// itself: whoever can sign in reaches every project.
	ProjectsClaim string `envconfig:"RYNDA_OIDC_PROJECTS_CLAIM" default:"rynda_projects"`
	// NameClaim names the claim with what "viewed by" shows; where it is missing,
	// preferred_username, email or sub is shown.
	NameClaim string `envconfig:"RYNDA_OIDC_NAME_CLAIM" default:"name"`
	// SessionLifetime is how long a session lasts from signing in, whether it is
	// used or not; 0 means 12 h.
	SessionLifetime time.Duration `envconfig:"RYNDA_SESSION_LIFETIME" default:"12h"`
}

func (c OIDCConfig) check() (faults []string) {
	if c.Issuer == "" && c.ClientID == "" && c.ClientSecret == "" {
		return nil
	}
	for name, missing := range map[string]bool{
		"RYNDA_OIDC_ISSUER": c.Issuer == "", "RYNDA_OIDC_CLIENT_ID": c.ClientID == "", "RYNDA_OIDC_CLIENT_SECRET": c.ClientSecret == "",
	} {
		if missing {
			faults = append(faults, name+": must be set with the other two")
		}
	}
	if c.Issuer != "" && !believable(c.Issuer) {
		faults = append(faults, "RYNDA_OIDC_ISSUER: must be an https address")
	}
	if c.SessionLifetime < 0 {
		faults = append(faults, "RYNDA_SESSION_LIFETIME: must not be negative")
	}
	return faults
}

const (
	discoveryFresh = time.Hour       // a discovery document is believed for so long
	discoveryAgain = 5 * time.Second // at least, between two questions that failed
)

// provider is who tells us who people are. It is asked for its addresses when
// they are first needed, and again when that failed, so that the service starts
// and goes on while the provider is away.
type provider struct {
	config OIDCConfig
	client *http.Client
	now    func() time.Time
	asking singleflight.Group

	mu      sync.Mutex
	found   *discovered
	askedAt time.Time
}

// discovered is what the provider says of itself.
type discovered struct {
	oauth  oauth2.Config // without a redirect
	keys   *keySet
	readAt time.Time
}

// discover returns what is known, or ErrUnavailable.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	found, askedAt := p.found, p.askedAt
	p.mu.Unlock()
	now := p.now()
	if found != nil && now.Sub(found.readAt) < discoveryFresh || now.Sub(askedAt) < discoveryAgain {
		return orUnavailable(found)
	}
	_, err, _ := p.asking.Do("", func() (any, error) {
		found, err := p.read(context.WithoutCancel(ctx))
		p.mu.Lock()
		defer p.mu.Unlock()
		p.askedAt = p.now()
		if err == nil {
			if p.found != nil && p.found.keys.url == found.keys.url {
				found.keys = p.found.keys
			}
			p.found = found
		}
		return nil, err
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.found == nil {
		return nil, fmt.Errorf("ask the provider who it is: %w: %w", ErrUnavailable, err)
	}
	return orUnavailable(p.found)
}

func orUnavailable(found *discovered) (*discovered, error) {
	if found == nil {
		return nil, fmt.Errorf("the provider did not answer a moment ago: %w", ErrUnavailable)
	}
	return found, nil
}

func (p *provider) read(ctx context.Context) (*discovered, error) {
	document, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.config.Issuer)
	if err != nil {
		return nil, errors.New("no discovery document of that issuer") // the cause may hold all that was answered
	}
	var more struct {
		JWKS    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if document.Claims(&more) != nil {
		return nil, errors.New("the discovery document cannot be read")
	}
	endpoint := document.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, more.JWKS} {
		if !believable(address) {
			return nil, errors.New("the discovery document has an address that is not https")
		}
	}
	// Said here, or oauth2 finds it out by sending the code twice.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := p.config.Scopes
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return &discovered{
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: string(p.config.ClientSecret), Endpoint: endpoint, Scopes: scopes,
		},
		keys:   &keySet{url: more.JWKS, client: p.client, now: p.now},
		readAt: p.now(),
	}, nil
}

// exchange gives the code of a callback to the provider, and returns what the
// ID token says of the person.
//
// Errors: ErrUnavailable when the provider does not answer, otherwise
// ErrSignIn. None holds anything of what was sent.
func (p *provider) exchange(ctx context.Context, code string, row LoginRow) (claims, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client) // also what oauth2 goes by
	token, err := found.oauth.Exchange(ctx, code, oauth2.VerifierOption(row.Verifier), oauth2.SetAuthURLParam("redirect_uri", row.Redirect))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && (refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client"):
		return nil, fmt.Errorf("the provider does not know this client or its secret: %w", ErrUnavailable)
	case errors.As(err, &refused) && refused.Response.StatusCode < 500:
		return nil, fmt.Errorf("the provider does not take the code: %w", ErrSignIn)
	case err != nil:
		return nil, fmt.Errorf("exchange the code: %w", ErrUnavailable)
	}
	raw, _ := token.Extra("id_token").(string)
	keys := recorded{keySet: found.keys}
	algorithms := make([]string, len(signing))
	for i, algorithm := range signing {
		algorithms[i] = string(algorithm)
	}
	verified, err := oidc.NewVerifier(p.config.Issuer, &keys, &oidc.Config{
		ClientID: p.config.ClientID, SupportedSigningAlgs: algorithms, Now: p.now,
	}).Verify(ctx, raw)
	if errors.Is(keys.failed, ErrUnavailable) {
		return nil, keys.failed
	}
	if err != nil {
		return nil, fmt.Errorf("the ID token does not hold: %w", ErrSignIn)
	}
	var said claims
	if verified.Claims(&said) != nil || said.subject() == "" {
		return nil, fmt.Errorf("the ID token cannot be read: %w", ErrSignIn)
	}
	if !sameText(verified.Nonce, row.Nonce) {
		return nil, fmt.Errorf("the ID token is of another login: %w", ErrSignIn)
	}
	if party := said.text("azp"); party != "" && party != p.config.ClientID {
		return nil, fmt.Errorf("the ID token is for another party: %w", ErrSignIn)
	}
	return said, nil
}

// recorded is a keySet whose error can be read afterwards: go-oidc keeps its
// text alone.
type recorded struct {
	*keySet
	failed error
}

func (k *recorded) VerifySignature(ctx context.Context, text string) (payload []byte, err error) {
	payload, k.failed = k.keySet.VerifySignature(ctx, text)
	return payload, k.failed
}
