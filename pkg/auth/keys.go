package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	keysFresh = 5 * time.Minute  // keys are believed for so long without asking
	keysStale = time.Hour        // and for so long while the provider is away
	keysAgain = 15 * time.Second // at least, between two questions, whoever asks
	keysMost  = 64               // of one set
	keyBits   = 2048             // of an RSA key, at least
)

// signing are the algorithms that are believed: asymmetric ones, so that what
// verifies cannot sign.
var signing = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// keySet is the public keys of a provider, as its JWKS address has them. A key
// id that is not there has the set read again, at most every 15 seconds, so a
// new key works a moment after it is published, and inventing ids asks the
// provider for little. A key that was withdrawn is believed for 5 minutes, and
// for an hour while the provider does not answer.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time
	asking singleflight.Group

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	readAt  time.Time // when they were read; zero: never
	askedAt time.Time // when they were asked for last
	failed  error     // how that ended
}

// find returns the keys by which a signature of that id and algorithm may be
// verified; without an id all that fit the algorithm.
//
// Errors: ErrUnknown when there is none, ErrUnavailable when that cannot be
// said because the provider does not answer.
func (k *keySet) find(ctx context.Context, id string, algorithm jose.SignatureAlgorithm) ([]jose.JSONWebKey, error) {
	found, age, ask := k.look(id, algorithm)
	if len(found) > 0 && age < keysFresh {
		return found, nil
	}
	if ask {
		_, _, _ = k.asking.Do("", func() (any, error) {
			if _, _, still := k.look(id, algorithm); still {
				k.read(ctx)
			}
			return nil, nil
		})
		found, age, _ = k.look(id, algorithm)
	}
	switch {
	case len(found) > 0 && age < keysStale:
		return found, nil
	case age < keysFresh && k.answers():
		return nil, ErrUnknown
	}
	return nil, fmt.Errorf("read the keys of the provider: %w", ErrUnavailable)
}

func (k *keySet) look(id string, algorithm jose.SignatureAlgorithm) (found []jose.JSONWebKey, age time.Duration, ask bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if (id == "" || key.KeyID == id) && (key.Algorithm == "" || key.Algorithm == string(algorithm)) {
			found = append(found, key)
		}
	}
	now := k.now()
	return found, now.Sub(k.readAt), now.Sub(k.askedAt) >= keysAgain
}

func (k *keySet) answers() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed == nil
}

// read asks for the keys. It is not cut short when the request ends that needs
// them: others wait for the same.
func (k *keySet) read(ctx context.Context) {
	keys, err := k.fetch(context.WithoutCancel(ctx))
	k.mu.Lock()
	defer k.mu.Unlock()
	k.askedAt, k.failed = k.now(), err
	if err == nil {
		k.keys, k.readAt = keys, k.askedAt
	}
}

func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := k.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the keys: status %d", answer.StatusCode)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return parseKeys(text)
}

// parseKeys reads a JWKS and leaves out what cannot verify: symmetric and
// private keys, short ones, those for encryption, kinds that are not known.
func parseKeys(text []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("the keys are not JSON")
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || !key.Valid() || key.Use != "" && key.Use != "sig" {
			continue
		}
		switch public := key.Key.(type) {
		case *rsa.PublicKey:
			if public.N.BitLen() < keyBits {
				continue
			}
		case *ecdsa.PublicKey, ed25519.PublicKey:
		default:
			continue
		}
		if keys = append(keys, key); len(keys) == keysMost {
			break
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no key that can verify")
	}
	return keys, nil
}

// VerifySignature implements oidc.KeySet; see recorded.
func (k *keySet) VerifySignature(ctx context.Context, text string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(text, signing)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, ErrUnknown
	}
	header := signed.Signatures[0].Protected
	keys, err := k.find(ctx, header.KeyID, jose.SignatureAlgorithm(header.Algorithm))
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, ErrUnknown
}
