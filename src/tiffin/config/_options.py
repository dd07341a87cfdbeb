"""Every setting, declared once: kind, default, sentence.

A declaration is a plain (kind, default, sentence) tuple, because this table is built on every
command.  Kinds: text, lower (text, lower-cased), path (relative to the file it stands in),
flag, flag or text, int, count (1 and up), percent (0 to 100), seconds (0 and up), links (a
list of link types), "one of A B ...".  Sentences that start with "Ignored" mark settings that
old repositories may hold and that mean nothing any more.
"""

__all__ = ["ENVIRONMENT", "NAMED", "REMOTES", "SECTIONS", "Declaration"]

Declaration = tuple[str, object, str]
_Declarations = dict[str, Declaration]

# Variables that win over the files, by the setting they replace.
ENVIRONMENT = {
    "core.site_cache_dir": "DVC_SITE_CACHE_DIR",
    "exp.auto_push": "DVC_EXP_AUTO_PUSH",
    "exp.git_remote": "DVC_EXP_GIT_REMOTE",
    "studio.token": "DVC_STUDIO_TOKEN",
    "studio.url": "DVC_STUDIO_URL",
    "studio.repo_url": "DVC_STUDIO_REPO_URL",
    "studio.offline": "DVC_STUDIO_OFFLINE",
}

_IGNORED: Declaration = ("text", None, "Ignored; accepted so that old repositories load.")

_STORE: _Declarations = {
    "type": ("links", None, "Link types to try in order: reflink, hardlink, symlink, copy."),
    "protected": ("flag", False, "Ignored; accepted so that old repositories load."),
    "shared": ("one of group", None, "`group` makes stored files writable by the group."),
    "slow_link_warning": ("flag", True, "Warn when links are slow because files must be copied."),
    "verify": ("flag", False, "Hash objects again after they were downloaded."),
}

SECTIONS: dict[str, _Declarations] = {
    "core": {
        "remote": ("lower", None, "Name of the remote used when none is given."),
        "checksum_jobs": ("count", None, "Number of threads that hash files."),
        "interactive": ("flag", False, "Ask before going on where a question makes sense."),
        "analytics": ("flag", True, "Ignored: nothing is ever reported."),
        "hardlink_lock": ("flag", False, "Lock the repository by a hard link, for file systems without locks."),
        "no_scm": ("flag", False, "The repository lives outside Git."),
        "autostage": ("flag", False, "Stage changed metadata files in Git."),
        "experiments": ("flag", None, "Ignored; accepted so that old repositories load."),
        "check_update": ("flag", True, "Ignored: no update is ever looked for."),
        "site_cache_dir": ("text", None, "Where indexes and hash tables that need not be shared are kept."),
        "machine": ("lower", None, "Ignored; accepted so that old repositories load."),
    },
    "cache": {
        "local": _IGNORED,
        "s3": _IGNORED,
        "gs": _IGNORED,
        "hdfs": _IGNORED,
        "webhdfs": _IGNORED,
        "ssh": _IGNORED,
        "azure": _IGNORED,
        "dir": ("path", None, "Where objects are stored; `.dvc/cache` unless set."),
        **_STORE,
    },
    "state": {
        "dir": _IGNORED,
        "row_limit": ("count", None, "Ignored; accepted so that old repositories load."),
        "row_cleanup_quota": ("percent", None, "Ignored; accepted so that old repositories load."),
    },
    "index": {"dir": _IGNORED},
    "feature": {
        "executable": ("flag", False, "Keep which files inside of tracked directories are executable."),
        "jobs": ("count", None, "Number of stages that `repro` and `exp run` run at once."),
        "cpus": ("text", None, "Processors for stages that ask for some; those of the machine unless set."),
        "memory": ("text", None, "Memory for stages that ask for some, such as 16GB; that of the machine unless set."),
        "gpus": ("text", None, "GPUs for stages that ask for some, such as 0,1; those of the machine unless set."),
        "machine": ("flag", False, "Ignored; accepted so that old repositories load."),
    },
    "plots": {
        "html_template": ("text", None, "HTML page that plots are put into."),
        "auto_open": ("flag", False, "Open plots in the browser."),
        "out_dir": ("text", None, "Where plots are written."),
    },
    "exp": {
        "code": _IGNORED,
        "data": _IGNORED,
        "models": _IGNORED,
        "metrics": _IGNORED,
        "params": _IGNORED,
        "plots": _IGNORED,
        "live": _IGNORED,
        "auto_push": ("flag", None, "Push each experiment as soon as it is saved."),
        "git_remote": ("text", None, "Git remote, by name or URL, that experiments are pushed to."),
    },
    "parsing": {
        "bool": ("one of store_true boolean_optional", None, "How a boolean in a `cmd` map becomes a flag."),
        "list": ("one of nargs append", None, "How a list in a `cmd` map becomes flags."),
    },
    "hydra": {
        "enabled": ("flag", False, "Compose parameters with Hydra before an experiment runs."),
        "config_dir": ("text", None, "Directory of Hydra's configuration."),
        "config_module": ("text", None, "Python module of Hydra's configuration."),
        "config_name": ("text", None, "Name of Hydra's primary configuration."),
        "plugins_path": ("text", None, "Directory that holds `hydra_plugins`."),
    },
    "studio": {
        "token": ("text", None, "Access token of the Studio server."),
        "url": ("text", None, "Address of the Studio server."),
        "repo_url": ("text", None, "Address the Studio server knows this repository by."),
        "offline": ("flag", False, "Never talk to the Studio server."),
    },
}

# Sections that carry a name, except remotes, whose options depend on their URL.
NAMED: dict[str, _Declarations] = {
    "machine": {
        "cloud": ("one of aws azure", None, "Ignored; accepted so that old repositories load."),
        "region": ("one of us-west us-east eu-west eu-north", None, "Ignored; as `cloud`."),
        "image": _IGNORED,
        "spot": ("flag", None, "Ignored; as `cloud`."),
        "spot_price": ("seconds", None, "Ignored; as `cloud`."),
        "instance_hdd_size": ("int", None, "Ignored; as `cloud`."),
        "instance_type": ("lower", None, "Ignored; as `cloud`."),
        "instance_gpu": ("lower", None, "Ignored; as `cloud`."),
        "ssh_private": _IGNORED,
        "startup_script": ("path", None, "Ignored; as `cloud`."),
        "setup_script": ("path", None, "Ignored; as `cloud`."),
    },
    "db": {
        "url": ("text", None, "Address of the database."),
        "username": ("text", None, "User of the database."),
        "password": ("text", None, "Password of the database; keep it in the local file."),
    },
}

_EVERY: _Declarations = {
    "url": ("path", None, "Where the remote is: a URL, or a directory."),
    "checksum_jobs": ("count", None, "Number of threads that hash files."),
    "jobs": ("count", None, "Number of transfers at a time."),
    "worktree": ("flag", None, "The remote mirrors the workspace instead of holding objects."),
    "no_traverse": ("flag", None, "Ignored; accepted so that old repositories load."),
    "version_aware": ("flag", None, "The remote keeps file names and old versions."),
}
_VERIFY: _Declarations = {"verify": _STORE["verify"]}
_VERIFY_FIRST: _Declarations = {"verify": ("flag", True, "Hash objects again after they were downloaded.")}
_LOGIN: _Declarations = {
    "user": ("text", None, "User name."),
    "password": ("text", None, "Password; keep it in the local file."),
    "ask_password": ("flag", None, "Ask for the password."),
}
_SSL: _Declarations = {
    "ssl_verify": ("flag or text", None, "Check the server's certificate, or the path of a bundle to check it with.")
}
_HTTP: _Declarations = {
    **_EVERY,
    **_VERIFY,
    **_LOGIN,
    **_SSL,
    "auth": ("one of basic digest custom", None, "How to authenticate."),
    "custom_auth_header": ("text", None, "Name of the header that carries the password when auth is `custom`."),
    "method": ("text", None, "HTTP method of uploads."),
    "connect_timeout": ("seconds", None, "Time to wait for a connection."),
    "read_timeout": ("seconds", None, "Time to wait for an answer."),
}
_WEBDAV: _Declarations = {
    **_EVERY,
    **_VERIFY,
    **_LOGIN,
    **_SSL,
    "token": ("text", None, "Bearer token."),
    "bearer_token_command": ("text", None, "Command that prints a bearer token."),
    "custom_auth_header": ("text", None, "Name of the header that carries the password."),
    "cert_path": ("path", None, "Client certificate."),
    "key_path": ("path", None, "Private key of the client certificate."),
    "timeout": ("int", None, "Time to wait for an answer, in seconds."),
}

# By URL scheme; "" is a directory.
REMOTES: dict[str, _Declarations] = {
    "": {**_STORE, **_EVERY},
    "s3": {
        **_EVERY,
        **_VERIFY,
        **_SSL,
        "region": ("text", None, "AWS region."),
        "profile": ("text", None, "Profile of the AWS credentials file."),
        "credentialpath": ("path", None, "AWS credentials file."),
        "configpath": ("path", None, "AWS configuration file."),
        "endpointurl": ("text", None, "Address of an S3 compatible server."),
        "access_key_id": ("text", None, "Access key."),
        "secret_access_key": ("text", None, "Secret key; keep it in the local file."),
        "session_token": ("text", None, "Token of a temporary key; keep it in the local file."),
        "listobjects": ("flag", False, "Ignored; accepted so that old repositories load."),
        "use_ssl": ("flag", True, "Use HTTPS."),
        "allow_anonymous_login": ("flag", False, "Go on without credentials if there are none."),
        "sse": ("text", None, "Server-side encryption: AES256 or aws:kms."),
        "sse_kms_key_id": ("text", None, "Key of the key management service."),
        "sse_customer_algorithm": ("text", None, "Algorithm of encryption with a customer's key."),
        "sse_customer_key": ("text", None, "The customer's key, base64."),
        "acl": ("text", None, "Canned access control list of new objects."),
        "grant_read": ("text", None, "Who may read new objects."),
        "grant_read_acp": ("text", None, "Who may read the access rights of new objects."),
        "grant_write_acp": ("text", None, "Who may write the access rights of new objects."),
        "grant_full_control": ("text", None, "Who may do everything with new objects."),
        "cache_regions": ("flag", None, "Remember the region of each bucket."),
        "read_timeout": ("int", None, "Time to wait for an answer, in seconds."),
        "connect_timeout": ("int", None, "Time to wait for a connection, in seconds."),
    },
    "gs": {
        **_EVERY,
        **_VERIFY,
        "projectname": ("text", None, "Google Cloud project."),
        "credentialpath": ("path", None, "Service account file."),
        "endpointurl": ("text", None, "Address of a compatible server."),
        "allow_anonymous_login": ("flag", False, "Go on without credentials if there are none."),
    },
    "ssh": {
        **_EVERY,
        **_VERIFY,
        **_LOGIN,
        "type": _STORE["type"],
        "port": ("int", None, "Port of the server."),
        "passphrase": ("text", None, "Passphrase of the private key; keep it in the local file."),
        "ask_passphrase": ("flag", None, "Ask for the passphrase."),
        "keyfile": ("path", None, "Private key."),
        "timeout": ("int", None, "Time to wait for a connection, in seconds."),
        "gss_auth": ("flag", None, "Authenticate by GSSAPI."),
        "allow_agent": ("flag", None, "Use the SSH agent."),
        "max_sessions": ("int", None, "Number of SFTP sessions over one connection."),
    },
    "hdfs": {
        **_EVERY,
        "user": ("text", None, "User name."),
        "kerb_ticket": ("text", None, "Kerberos ticket cache."),
        "replication": ("int", None, "Number of copies."),
    },
    "webhdfs": {
        **_EVERY,
        **_VERIFY,
        **_SSL,
        "kerberos": ("flag", None, "Authenticate by Kerberos."),
        "kerberos_principal": ("text", None, "Kerberos principal."),
        "proxy_to": ("text", None, "User to act as."),
        "token": ("text", None, "Delegation token."),
        "use_https": ("flag", None, "Use HTTPS."),
        "user": ("text", None, "User name."),
        "password": ("text", None, "Password; keep it in the local file."),
        "data_proxy_target": ("text", None, "Address that stands before the data nodes."),
    },
    "azure": {
        **_EVERY,
        **_VERIFY,
        "connection_string": ("text", None, "Connection string; keep it in the local file."),
        "sas_token": ("text", None, "Shared access signature; keep it in the local file."),
        "account_name": ("text", None, "Storage account."),
        "account_key": ("text", None, "Key of the storage account; keep it in the local file."),
        "tenant_id": ("text", None, "Tenant of the service principal."),
        "client_id": ("text", None, "Id of the service principal."),
        "client_secret": ("text", None, "Secret of the service principal; keep it in the local file."),
        "allow_anonymous_login": ("flag", None, "Go on without credentials if there are none."),
        "exclude_environment_credential": ("flag", None, "Leave out credentials from the environment."),
        "exclude_visual_studio_code_credential": ("flag", None, "Leave out credentials of Visual Studio Code."),
        "exclude_shared_token_cache_credential": ("flag", None, "Leave out credentials of the shared token cache."),
        "exclude_managed_identity_credential": ("flag", None, "Leave out the managed identity."),
        "timeout": ("int", None, "Time the server may take, in seconds."),
        "read_timeout": ("int", None, "Time to wait for an answer, in seconds."),
        "connection_timeout": ("int", None, "Time to wait for a connection, in seconds."),
    },
    "oss": {
        **_EVERY,
        **_VERIFY_FIRST,
        "oss_key_id": ("text", None, "Access key."),
        "oss_key_secret": ("text", None, "Secret key; keep it in the local file."),
        "oss_endpoint": ("text", None, "Address of the server."),
    },
    "gdrive": {
        **_EVERY,
        **_VERIFY_FIRST,
        "profile": ("text", None, "Name that cached credentials are kept under."),
        "gdrive_use_service_account": ("flag", None, "Authenticate as a service account."),
        "gdrive_client_id": ("text", None, "Id of an own OAuth client."),
        "gdrive_client_secret": ("text", None, "Secret of an own OAuth client; keep it in the local file."),
        "gdrive_user_credentials_file": ("path", None, "Where the user's credentials are kept."),
        "gdrive_service_account_user_email": ("text", None, "User the service account acts for."),
        "gdrive_service_account_json_file_path": ("path", None, "Service account file."),
        "gdrive_trash_only": ("flag", False, "Move removed files to the trash."),
        "gdrive_acknowledge_abuse": ("flag", False, "Download files that Google marked as dangerous."),
    },
    "http": _HTTP,
    "https": _HTTP,
    "webdav": _WEBDAV,
    "webdavs": _WEBDAV,
}
