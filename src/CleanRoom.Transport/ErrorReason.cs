namespace CleanRoom.Transport;

/// <summary>
/// Why a call, or a step on the client, was refused. The name travels (<c>cleanroom.common.v1.ErrorDetail.reason</c>) and is stable;
/// the number never leaves the process. Each has one status code, in <see cref="RpcErrors"/>.
/// </summary>
public enum ErrorReason
{
    /// <summary>A broken invariant or an exception nobody expected. Says nothing else to the caller.</summary>
    Internal = 0,

    /// <summary>An argument is malformed, whatever the state of the room.</summary>
    InvalidArgument,

    /// <summary>A number lies outside of what exists, such as a position after the end of the log.</summary>
    OutOfRange,

    /// <summary>A message, a batch or a header is larger than the limit.</summary>
    TooLarge,

    /// <summary>The caller's key is missing or unknown to the transport.</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied,

    /// <summary>The thing asked for does not exist, or not for this caller.</summary>
    NotFound,

    /// <summary>Something else already stands under this id.</summary>
    AlreadyExists,

    /// <summary>The room or the service is not in the state that this call needs.</summary>
    FailedPrecondition,

    /// <summary>A concurrent change won; read again and decide again.</summary>
    Conflict,

    /// <summary>The method exists in the contract and not in this service.</summary>
    Unimplemented,

    /// <summary>The caller makes too many calls.</summary>
    RateLimited,

    /// <summary>Some resource other than a quota of the charter is used up.</summary>
    ResourceExhausted,

    /// <summary>The service cannot answer now; the same call may succeed later.</summary>
    Unavailable,

    /// <summary>The deadline passed. Whether the call had an effect is not known; writes may be repeated.</summary>
    DeadlineExceeded,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>Bytes are lost, or are not those that were signed or hashed.</summary>
    DataLoss,

    /// <summary>The server, or a caller, showed another key than the one pinned. Never retried.</summary>
    UntrustedPeer,

    /// <summary>The charter is not signed by all that it needs, or is vetoed, or is not the newest.</summary>
    CharterNotInForce,

    /// <summary>The charter's last day, by room time, has passed.</summary>
    CharterExpired,

    /// <summary>The charter itself is malformed or breaks a rule for charters.</summary>
    CharterInvalid,

    /// <summary>Too few witnesses have cosigned.</summary>
    NotCosigned,

    /// <summary>Two histories of one log: nothing is trusted until people have looked.</summary>
    LogForked,

    /// <summary>The log is shorter than what was cosigned before.</summary>
    LogRolledBack,

    /// <summary>The owner froze the key.</summary>
    KeyFrozen,

    /// <summary>The key, or its cryptoperiod, is destroyed.</summary>
    KeyDestroyed,

    /// <summary>The evidence is malformed, does not verify or is not approved.</summary>
    EvidenceRejected,

    /// <summary>The nonce was used before.</summary>
    NonceUsed,

    /// <summary>The nonce was never given out here, or too long ago.</summary>
    NonceUnknown,

    /// <summary>The attestation result is expired, for another audience or for other keys.</summary>
    AttestationInvalid,

    /// <summary>A newer generation of the enclave exists.</summary>
    InstanceSuperseded,

    /// <summary>Simulated evidence in a room that is not simulated, or the reverse.</summary>
    SimulatedNotAllowed,

    /// <summary>The charter names a linkage model that the enclave does not have.</summary>
    LinkageModelMissing,

    /// <summary>A quota or a budget of the charter is used up.</summary>
    QuotaExceeded,

    /// <summary>The charter lists no such member.</summary>
    UnknownMember,

    /// <summary>No such room here.</summary>
    UnknownRoom,

    /// <summary>The log holds no such key, or it is revoked.</summary>
    UnknownKey,

    /// <summary>The signer lacks the role at this position of the log.</summary>
    RoleMissing,

    /// <summary>The signature does not verify.</summary>
    SignatureInvalid,

    /// <summary>The stream ended before all parts of the batch were there.</summary>
    BatchIncomplete,

    /// <summary>The ciphertext does not open with the named key and header.</summary>
    CiphertextInvalid,

    /// <summary>No live consent covers this.</summary>
    ConsentMissing,

    /// <summary>The log's entry has another meaning or form than the position allows.</summary>
    EntryInvalid,

    /// <summary>The number, or the epoch head, that should come next is missing.</summary>
    MessageMissing,

    /// <summary>Storage refuses to write.</summary>
    StorageFailed,
}
