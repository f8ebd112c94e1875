#!/bin/sh
# A SAML bearer token for --token-file, from an OAuth client of the VMware Identity Broker (vSphere 8, VCF 9): client credentials,
# then vCenter's exchange of tokens. No secret is an argument, which others on the machine could see.
#
#   VCENTER=vc.example.com CLIENT_ID=wait CLIENT_SECRET_FILE=client-secret sh vcf-token.sh > token
#   wait-vm-customization --server vc.example.com --token-file token 'web-*'
#
# TOKEN_ENDPOINT is where the client gets its access token; left out, it is the broker of this vCenter with its default tenant.
set -eu
umask 077
post() {
  answer=$(curl --fail --silent --show-error --config - "$1") || exit 1
  printf '%s\n' "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' | grep .
}
urn=urn:ietf:params:oauth
secret=$(sed 's/[\\"]/\\&/g;q' "$CLIENT_SECRET_FILE")
access=$(printf '%s\n' "user = \"$CLIENT_ID:$secret\"" 'data-urlencode = "grant_type=client_credentials"' |
  post "${TOKEN_ENDPOINT:-https://$VCENTER/acs/t/CUSTOMER/token}")
printf '%s\n' "header = \"Authorization: Bearer $access\"" "data-urlencode = \"subject_token=$access\"" \
  "data-urlencode = \"subject_token_type=$urn:token-type:access_token\"" \
  "data-urlencode = \"requested_token_type=$urn:token-type:saml2\"" \
  "data-urlencode = \"grant_type=$urn:grant-type:token-exchange\"" | post "https://$VCENTER/api/vcenter/authentication/token"
