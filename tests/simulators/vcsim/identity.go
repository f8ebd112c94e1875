package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// identity is the server's certificate, made anew at every start: two
// simulators then differ in it, as two vCenters do, so a test of the wrong
// certificate needs nothing but a second simulator. The files let a client
// trust it, and let a proxy in front of the simulator present the same one.
type identity struct {
	certificate     tls.Certificate
	thumbprint      string
	certificateFile string
	keyFile         string
	folder          string
}

func newIdentity() (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "vCenter simulator"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(30 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:              []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}

	folder, err := os.MkdirTemp("", "vcsim-")
	if err != nil {
		return nil, err
	}
	id := &identity{
		certificate:     tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		thumbprint:      thumbprint(der),
		certificateFile: filepath.Join(folder, "certificate.pem"),
		keyFile:         filepath.Join(folder, "key.pem"),
		folder:          folder,
	}
	if err := writePEM(id.certificateFile, "CERTIFICATE", der); err != nil {
		id.remove()
		return nil, err
	}
	if err := writePEM(id.keyFile, "PRIVATE KEY", keyDER); err != nil {
		id.remove()
		return nil, err
	}
	return id, nil
}

func (id *identity) remove() {
	_ = os.RemoveAll(id.folder)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// thumbprint is the certificate's SHA-256 in the form vSphere's tools print it.
func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}
