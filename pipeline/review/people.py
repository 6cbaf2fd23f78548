"""Accounts, login sessions, the limit of failed logins, and the audit log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.errors import InputError
from pipeline.review.database import Database
from pipeline.review.schema import AccountRow, AuditRow, LoginFailureRow, SessionRow
from pipeline.review.views import ROLES, Account, AuditEntry, SessionInfo, TooManyAttempts
from pipeline.typed import person_name

MIN_PASSWORD = 10
_WINDOW = 15 * 60  # seconds in which failed logins count
_BY_NAME, _BY_ADDRESS = 5, 20
_HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low memory)


@cache
def _nobody() -> str:
    """Return the hash that a login of an unknown name is checked against, so that it takes as long."""
    return _HASHER.hash(secrets.token_hex())


def check_account(name: str, role: str, password: str) -> None:
    """Raise `InputError` for what no account can be made of; needs no database."""
    if not name.strip() or role not in ROLES:
        raise InputError(
            f"名前と役割({'、'.join(ROLES)})を指定してください。",
            f"give a name and a role ({', '.join(ROLES)})",
        )
    _check_password(password)


def write_audit(session: Session, at: str, who: str, what: str, detail: str = "") -> None:
    """Append a line to the audit log in the transaction of what it tells of."""
    session.add(AuditRow(at=at, who=who, what=what, detail=detail))


class People:
    """The part of the store that knows people."""

    _db: Database
    _now: Callable[[], datetime]

    def add_account(self, name: str, role: str, password: str, *, who: str = "") -> Account:
        """Add an account with an argon2id hash; `who` did it, for the audit log.

        Raises
        ------
        InputError
            if the name is empty or taken, the role unknown, or the password shorter than 10 characters.
        """
        name = person_name(name)
        check_account(name, role, password)
        hashed = _hashed(password)
        with self._db.write() as session:
            if session.get(AccountRow, name) is not None:
                raise InputError(
                    f"アカウント「{name}」は既にあります。", f"the account '{name}' exists already"
                )
            session.add(AccountRow(name=name, role=role, password_hash=hashed, active=True))
            write_audit(session, self._moment(), who or name, "add-account", f"{name} {role}")
        return Account(name, role, True)

    def set_password(self, name: str, password: str, *, who: str = "") -> None:
        """Change a password and end the account's sessions."""
        hashed = _hashed(password)
        with self._db.write() as session:
            _account(session, name).password_hash = hashed
            session.execute(delete(SessionRow).where(SessionRow.name == name))
            write_audit(session, self._moment(), who or name, "set-password", name)

    def set_active(self, name: str, active: bool, *, who: str = "") -> None:
        """Switch an account off (ends its sessions at once) or on again."""
        with self._db.write() as session:
            _account(session, name).active = active
            if not active:
                session.execute(delete(SessionRow).where(SessionRow.name == name))
            write_audit(session, self._moment(), who or name, "account-on" if active else "account-off", name)

    def accounts(self) -> list[Account]:
        """Return all accounts by name."""
        with self._db.read() as session:
            rows = session.scalars(select(AccountRow).order_by(AccountRow.name))
            return [Account(r.name, r.role, r.active) for r in rows]

    def verify_password(self, name: str, password: str, address: str = "") -> Account | None:
        """Return the account if the password is right and it is active, else None; both take the same time.

        Raises
        ------
        TooManyAttempts
            after 5 failures for the name (or 20 from the address) within 15 minutes.
        """
        # By the name in one form, under which the account is found: else each way of typing it had its own count.
        counted = person_name(name)
        # Counted before the slow check, so that a burst of guesses is not all let through at once.
        with self._db.write() as session:
            attempt = self._count_attempt(session, counted, address)
            row = session.get(AccountRow, name) or session.get(AccountRow, counted)
            known = None if row is None else (row.password_hash, Account(row.name, row.role, row.active))
        right = _matches(known[0] if known else _nobody(), password)
        account = known[1] if known and right and known[1].active else None
        with self._db.write() as session:
            what = "login-failed" if account is None else "login"
            write_audit(session, self._moment(), name, what, address)
            if account is not None:
                session.execute(
                    delete(LoginFailureRow).where(
                        (LoginFailureRow.id == attempt) | (LoginFailureRow.name == counted)
                    )
                )
        return account

    def _count_attempt(self, session: Session, name: str, address: str) -> int:
        now = self._now().timestamp()
        session.execute(delete(LoginFailureRow).where(LoginFailureRow.at <= now - _WINDOW))
        for column, value, limit in (
            (LoginFailureRow.name, name, _BY_NAME),
            (LoginFailureRow.address, address, _BY_ADDRESS),
        ):
            count, oldest = session.execute(
                select(func.count(), func.min(LoginFailureRow.at)).where(column == value)
            ).one()
            if value and count >= limit:
                raise TooManyAttempts(max(1, round(oldest + _WINDOW - now)))
        row = LoginFailureRow(name=name, address=address, at=now)
        session.add(row)
        session.flush()
        return row.id

    def create_session(self, name: str, hours: float = 12) -> tuple[str, SessionInfo]:
        """Return a new random session token for the cookie (only its hash is stored), and the session."""
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        now = self._now().timestamp()
        with self._db.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.expires <= now))
            row = _account(session, name)
            session.add(
                SessionRow(token_sha256=_sha256(token), name=name, csrf=csrf, expires=now + hours * 3600)
            )
            return token, SessionInfo(Account(row.name, row.role, row.active), csrf)

    def session_account(self, token: str) -> SessionInfo | None:
        """Return the live session of a token; None if ended, expired, or the account is off or gone."""
        with self._db.read() as session:
            found = session.get(SessionRow, _sha256(token))
            row = None if found is None else session.get(AccountRow, found.name)
            if found is None or row is None or not row.active:
                return None
            if found.expires <= self._now().timestamp():
                return None
            return SessionInfo(Account(row.name, row.role, row.active), found.csrf)

    def end_session(self, token: str) -> None:
        """End a session; unknown tokens are fine."""
        with self._db.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.token_sha256 == _sha256(token)))

    def audit(self, who: str, what: str, detail: str = "") -> None:
        """Append a line to the audit log. Logins, accounts, definitions, assignments write theirs themselves."""
        with self._db.write() as session:
            write_audit(session, self._moment(), who, what, detail)

    def audit_log(self, limit: int = 1000) -> list[AuditEntry]:
        """Return the newest lines of the audit log, newest first."""
        with self._db.read() as session:
            rows = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(limit))
            return [AuditEntry(r.at, r.who, r.what, r.detail) for r in rows]

    def _moment(self) -> str:
        return self._now().isoformat(timespec="milliseconds")


def _hashed(password: str) -> str:
    _check_password(password)
    return _HASHER.hash(password)


def _check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise InputError(
            f"パスワードは{MIN_PASSWORD}文字以上にしてください。",
            f"a password needs at least {MIN_PASSWORD} characters",
        )


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _account(session: Session, name: str) -> AccountRow:
    row = session.get(AccountRow, name)
    if row is None:
        raise InputError(f"アカウント「{name}」はありません。", f"there is no account '{name}'")
    return row


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
