// Package secrets gets what a process must know and what must not lie in its
// environment from AWS: passwords of the database, and settings that are secret.
//
// It knows three calls and no more: the credentials that Lambda and ECS give to
// the process, tokens of IAM for a database (which are signed here and sent
// nowhere), and the text of one secret of Secrets Manager. The SDK's own client
// for the last weighs 330 kB of a package zipped, for one signed POST.
//
// What changes here changes because AWS proves identities in another way. Where
// the secrets are used, and under which names, is the wiring's.
package secrets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
)

const (
	maxText = 64 << 10 // of a secret, as Secrets Manager has it
	within  = 5 * time.Second
	ecsHost = "http://169.254.170.2" // where a task of ECS asks for its credentials
)

// Password fills in the password of a connection that is about to be made. It
// may be called by several at once.
type Password func(ctx context.Context, config *pgx.ConnConfig) error

// ForDatabase returns where passwords come from: nothing ("") leaves what the
// address says; "iam" signs a token of IAM, which is good for 15 minutes of
// connecting; "secret:ARN" reads the user and the password out of a secret as
// RDS keeps them, at each connection, since they are renewed.
func ForDatabase(source string) (Password, error) {
	arn, isSecret := strings.CutPrefix(source, "secret:")
	switch {
	case source == "":
		return nil, nil
	case source == "iam":
		return signedPassword(os.Getenv("AWS_REGION"))
	case isSecret:
		return keptPassword(arn)
	}
	return nil, errors.New("must be empty, iam, or secret: and an ARN")
}

func signedPassword(region string) (Password, error) {
	who, err := provider()
	if err != nil {
		return nil, err
	}
	if region == "" {
		return nil, errors.New("AWS_REGION is not set")
	}
	return func(ctx context.Context, config *pgx.ConnConfig) error {
		address := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
		token, err := auth.BuildAuthToken(ctx, address, region, config.User, who)
		if err != nil {
			return fmt.Errorf("sign a token of IAM: %w", err)
		}
		config.Password = token
		return nil
	}, nil
}

func keptPassword(arn string) (Password, error) {
	if _, err := regionOf(arn); err != nil {
		return nil, err
	}
	return func(ctx context.Context, config *pgx.ConnConfig) error {
		var kept struct{ Username, Password string }
		if err := read(ctx, arn, &kept); err != nil {
			return err
		}
		if kept.Username == "" || kept.Password == "" {
			return errors.New("the secret of the database has no username and password")
		}
		config.User, config.Password = kept.Username, kept.Password
		return nil
	}, nil
}

// Settings reads a secret whose text is a JSON object of names and values.
func Settings(ctx context.Context, arn string) (map[string]string, error) {
	var settings map[string]string
	return settings, read(ctx, arn, &settings)
}

// read decodes the text of a secret into v. No error has any of it.
func read(ctx context.Context, arn string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	text, err := secretText(ctx, arn)
	if err != nil {
		return fmt.Errorf("read a secret of Secrets Manager: %w", err)
	}
	if json.Unmarshal([]byte(text), v) != nil {
		return errors.New("read a secret: its text is not the JSON object that it should be")
	}
	return nil
}

// secretText is GetSecretValue of Secrets Manager.
func secretText(ctx context.Context, arn string) (string, error) {
	region, err := regionOf(arn)
	if err != nil {
		return "", err
	}
	who, err := provider()
	if err != nil {
		return "", err
	}
	credentials, err := who.Retrieve(ctx)
	if err != nil {
		return "", errors.New("the credentials of this process cannot be had")
	}
	body, err := json.Marshal(map[string]string{"SecretId": arn})
	if err != nil {
		return "", err
	}
	address := os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER") // as the SDKs know it
	if address == "" {
		address = "https://secretsmanager." + region + ".amazonaws.com"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "secretsmanager", region, time.Now()); err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2*maxText))
	if err != nil {
		return "", err
	}
	var value struct {
		SecretString string
		Type         string `json:"__type"`
	}
	decoded := json.Unmarshal(text, &value) == nil
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answered %d %s", answer.StatusCode, value.Type)
	}
	if !decoded || value.SecretString == "" {
		return "", errors.New("the secret has no text")
	}
	return value.SecretString, nil
}

// regionOf finds the region in arn:aws:secretsmanager:REGION:….
func regionOf(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "secretsmanager" || parts[3] == "" {
		return "", errors.New("that is not the ARN of a secret of Secrets Manager")
	}
	return parts[3], nil
}

// provider finds the credentials of this process: those of its environment, as a
// function has them for as long as it lives, or those that a task of ECS asks
// for again and again.
func provider() (aws.CredentialsProvider, error) {
	if id := os.Getenv("AWS_ACCESS_KEY_ID"); id != "" {
		return credentials.NewStaticCredentialsProvider(id, os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")), nil
	}
	address := os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if path := os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); path != "" {
		address = ecsHost + path
	}
	if address == "" {
		return nil, errors.New("the environment has no credentials of AWS, neither of a function nor of a task")
	}
	return aws.NewCredentialsCache(endpointcreds.New(address, func(o *endpointcreds.Options) {
		o.AuthorizationToken = os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	})), nil
}
