#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs templates, pipelines and the policy beside this script in an OpenSearch cluster. Running it again
# changes nothing but what a newer version changed. Needs bash and curl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=PACKAGE_NAME
least_retention=36 # days; cost is corrected for 35, and a correction without its first document is a wrong sum

usage() {
  cat <<'TEXT'
usage: bash install.sh [--dry-run] [--retention DAYSd] [--replace-policy] [--without-ism]

  --dry-run          say what would be sent, contact nobody
  --retention 400d   delete an index that long after the next one began (default: keep for ever)
  --replace-policy   put our ISM policy in place of one that is there already
  --without-ism      leave index state management alone

From the environment:
  OPENSEARCH_URL                        such as https://search.example.org:9200 (required)
  OPENSEARCH_USER, OPENSEARCH_PASSWORD  basic authentication, or
  OPENSEARCH_API_KEY                    sent as 'Authorization: ApiKey ...', or
  OPENSEARCH_NETRC                      a netrc file with the host's login
  OPENSEARCH_CA                         a PEM file with the authorities to trust

It needs the cluster permissions to manage ingest pipelines, component and index templates, and ISM policies.
TEXT
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

dry_run=no retention='' replace=no ism=yes
while (($#)); do
  case $1 in
    --dry-run) dry_run=yes ;;
    --retention)
      (($# > 1)) || fail "--retention: no time follows; write --retention 400d"
      retention=$2
      shift
      ;;
    --retention=*) retention=${1#*=} ;;
    --replace-policy) replace=yes ;;
    --without-ism) ism=no ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown argument '$1'; see --help" ;;
  esac
  shift
done

# ---- What was asked -----------------------------------------------------------------------------------

url=${OPENSEARCH_URL:-}
url=${url%/}
[[ -n $url ]] || fail "OPENSEARCH_URL is not set; set it to the cluster's address, such as https://search.example.org:9200"
[[ $url =~ ^https?://[^/@]+(/.*)?$ ]] ||
  fail "OPENSEARCH_URL: expected http(s)://host:port without a user name; a login belongs in OPENSEARCH_USER and OPENSEARCH_PASSWORD"
if [[ -n $retention ]]; then
  [[ $retention =~ ^[1-9][0-9]{0,4}d$ ]] || fail "--retention '$retention': expected days, such as 400d"
  ((${retention%d} >= least_retention)) ||
    fail "--retention $retention: rows are corrected for 35 days, and deleting them earlier makes sums wrong; take ${least_retention}d or more"
  [[ $ism == yes ]] || fail "--retention needs index state management; leave --without-ism out"
fi

credentials=no
if [[ -n ${OPENSEARCH_API_KEY:-} || -n ${OPENSEARCH_USER:-} || -n ${OPENSEARCH_NETRC:-} ]]; then credentials=yes; fi
if [[ -n ${OPENSEARCH_USER:-} && -z ${OPENSEARCH_PASSWORD:-} ]]; then
  fail "OPENSEARCH_USER is set and OPENSEARCH_PASSWORD is not; set both, or use OPENSEARCH_NETRC"
fi
for variable in OPENSEARCH_CA OPENSEARCH_NETRC; do
  if [[ -n ${!variable:-} && ! -r ${!variable} ]]; then fail "$variable: ${!variable} cannot be read; correct the path"; fi
done
if [[ $credentials == yes && $url == http://* && ! $url =~ ^http://(localhost|127\.[0-9.]+|\[::1\])(:|/|$) ]]; then
  fail "OPENSEARCH_URL: a login would travel unencrypted to $url; use https"
fi
command -v curl >/dev/null || fail "curl is not on the path; install it"

for folder in component_templates custom index_templates ingest_pipelines ism_policies mappings; do
  [[ -d $here/$folder ]] || fail "$here/$folder is missing; unpack the whole archive and run the script from there"
done

# ---- Talking to the cluster -----------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/$name-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=000

escaped() { # for a quoted value in curl's configuration
  local value=${1//\\/\\\\}
  printf '%s' "${value//\"/\\\"}"
}

# The login goes to curl on its standard input, never among its arguments, which every user can read.
curl_configuration() {
  if [[ -n ${OPENSEARCH_API_KEY:-} ]]; then
    printf 'header = "Authorization: ApiKey %s"\n' "$(escaped "$OPENSEARCH_API_KEY")"
  elif [[ -n ${OPENSEARCH_USER:-} ]]; then
    printf 'user = "%s:%s"\n' "$(escaped "$OPENSEARCH_USER")" "$(escaped "$OPENSEARCH_PASSWORD")"
  elif [[ -n ${OPENSEARCH_NETRC:-} ]]; then
    printf 'netrc-file = "%s"\n' "$(escaped "$OPENSEARCH_NETRC")"
  fi
  if [[ -n ${OPENSEARCH_CA:-} ]]; then printf 'cacert = "%s"\n' "$(escaped "$OPENSEARCH_CA")"; fi
}

# call METHOD PATH [FILE]: leaves the HTTP status in $status and the body in $work/answer.
call() {
  local code=0
  local request=(--silent --show-error --max-time 120 --connect-timeout 20 --request "$1" --output "$work/answer"
    --write-out '%{http_code}' --header 'Content-Type: application/json' --config -)
  if (($# > 2)); then request+=(--data-binary "@$3"); fi
  : >"$work/answer"
  status=$(curl_configuration | curl -q "${request[@]}" "$url/$2" 2>"$work/curl") || code=$?
  case $code in
    0) ;;
    6 | 7 | 28) fail "$url does not answer ($(head -n 1 "$work/curl")); check OPENSEARCH_URL and the network" ;;
    35 | 51 | 58 | 60 | 77) fail "$url: no trusted TLS connection ($(head -n 1 "$work/curl")); set OPENSEARCH_CA to its authority's PEM file" ;;
    *) fail "$url: $(head -n 1 "$work/curl")" ;;
  esac
}

reason() { # the engine's own words, or the beginning of whatever came
  local words
  words=$(grep -o '"reason" *: *"[^"]*"' "$work/answer" | tail -n 1 | cut -d '"' -f 4 || true)
  printf '%s' "${words:-$(head -c 300 "$work/answer")}"
}

refused() { # refused PLACE: ends with what the status means
  case $status in
    401) fail "$1: the cluster does not accept the login (401); check OPENSEARCH_USER and OPENSEARCH_PASSWORD, or the key" ;;
    403) fail "$1: the login may not do this (403: $(reason)); use one that manages pipelines, templates and policies" ;;
    *) fail "$1: the cluster refused it ($status: $(reason)); see the README for the versions that are supported" ;;
  esac
}

put() { # put PATH FILE
  if [[ $dry_run == yes ]]; then
    say "would PUT $url/$1  (${2#"$here"/})"
    return
  fi
  call PUT "$1" "$2"
  [[ $status == 20[01] ]] || refused "${2#"$here"/}"
  say "  $1"
}

# A word of the answer: field NAME
field() { grep -o "\"$1\" *: *\"\{0,1\}[^\",}]*" "$work/answer" | head -n 1 | sed 's/.*: *"\{0,1\}//'; }

# ---- Installing -----------------------------------------------------------------------------------------

if [[ $dry_run == no ]]; then
  call GET ''
  [[ $status == 200 ]] || refused "$url"
  distribution=$(field distribution || true)
  version=$(field number || true)
  [[ $distribution == opensearch ]] ||
    fail "$url is not OpenSearch; on Elasticsearch install the package in Kibana under Integrations"
  IFS=. read -r major minor _ <<<"$version"
  if ((major < 2 || (major == 2 && minor < 14))); then
    fail "$url is OpenSearch $version; the templates need 2.14 or newer"
  fi
  say "OpenSearch $version at $url"
fi

for file in "$here"/ingest_pipelines/*.json; do put "_ingest/pipeline/$(basename "$file" .json)" "$file"; done
for file in "$here"/component_templates/*.json; do put "_component_template/$(basename "$file" .json)" "$file"; done

# Yours to change: settings and mappings of your own go in there. Never overwritten.
custom=$name-custom
if [[ $dry_run == yes ]]; then
  say "would PUT $url/_component_template/$custom  (custom/$custom.json), unless it is there"
else
  call GET "_component_template/$custom"
  case $status in
    200) say "  _component_template/$custom: is there, left as it is" ;;
    404) put "_component_template/$custom" "$here/custom/$custom.json" ;;
    *) refused "custom/$custom.json" ;;
  esac
fi

# Templates once were named otherwise. An engine refuses two of one priority, and keeps a template whose pattern fits a data
# stream: so the new one comes first and above, and the former one is taken its pattern before it goes.
replace_former_template() { # FILE, former NAME
  local named
  named=$(basename "$1" .json)
  if [[ $dry_run == yes ]]; then return; fi
  call GET "_index_template/$2"
  if [[ $status == 404 ]] || ! grep -q "\"package\" *: *\"$name\"" "$work/answer"; then return; fi
  [[ $status == 200 ]] || refused "_index_template/$2"
  sed 's/"priority": \([0-9]*\)/"priority": \11/' "$1" >"$work/above.json"
  call PUT "_index_template/$named" "$work/above.json"
  [[ $status == 20[01] ]] || refused "_index_template/$named"
  sed "s/\"metrics-${name}[^\"]*-\*\"/\"$2-former\"/" "$1" >"$work/former.json"
  call PUT "_index_template/$2" "$work/former.json"
  [[ $status == 20[01] ]] || refused "_index_template/$2"
  call DELETE "_index_template/$2"
  [[ $status == 200 ]] || refused "_index_template/$2"
  say "  _index_template/$2: is named $named now"
}
for file in "$here"/index_templates/*.json; do
  stream=$(basename "$file" .json)
  replace_former_template "$file" "$name-${stream#"metrics-$name."}"
  put "_index_template/$(basename "$file" .json)" "$file"
done

policy_path=_plugins/_ism/policies/$name
install_policy() {
  local file=$here/ism_policies/$name.json
  if [[ -n $retention ]]; then
    file=$work/policy.json
    sed "s/RETENTION/$retention/g" "$here/ism_policies/$name-retention.json" >"$file"
  fi
  if [[ $dry_run == yes ]]; then
    say "would PUT $url/$policy_path  (ism_policies/$name.json${retention:+ with retention $retention}), unless it is there"
    return
  fi
  call GET "$policy_path"
  case $status in
    404) put "$policy_path" "$file" ;;
    200)
      if [[ $replace == no && -z $retention ]]; then
        say "  $policy_path: is there, left as it is (--replace-policy replaces it)"
      else
        put "$policy_path?if_seq_no=$(field _seq_no)&if_primary_term=$(field _primary_term)" "$file"
        say "  indices that are managed already follow the old policy until you change it: POST _plugins/_ism/change_policy"
      fi
      ;;
    400 | 405) say "note: this cluster has no index state management; its data streams never begin a new index by themselves" ;;
    *) refused "ism_policies/$name.json" ;;
  esac
}
if [[ $ism == yes ]]; then install_policy; fi

# What a newer version knows beyond the old one is told to the data streams that are there.
for file in "$here"/mappings/*.json; do
  stream=$(basename "$file" .json)
  streams="metrics-$name.${stream#"$name"-}-*"
  if [[ $dry_run == yes ]]; then
    say "would PUT $url/$streams/_mapping  (mappings/$stream.json), if there is such a data stream"
    continue
  fi
  call GET "_data_stream/$streams"
  if [[ $status == 404 ]] || ! grep -q '"name"' "$work/answer"; then continue; fi
  [[ $status == 200 ]] || refused "$streams"
  call PUT "$streams/_mapping" "$file"
  if [[ $status == 200 ]]; then
    say "  $streams: mappings of the existing data streams"
  else
    say "note: $streams holds data under other mappings ($(reason)); new ones apply after: POST <data stream>/_rollover"
  fi
done

if [[ $dry_run == yes ]]; then say "Nothing was sent (--dry-run)."; else say "Installed. Send documents with _bulk create; see README.md."; fi
