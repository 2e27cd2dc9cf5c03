namespace CleanRoom.Evidence;

/// <summary>Why evidence was refused: one code per cause, stable for ever. 0 is not a reason. What to do about each: <see cref="Finding.Remedy"/>.</summary>
public enum RejectionReason
{
    /// <summary>The envelope is not canonical JSON of the form that its kind has.</summary>
    EnvelopeMalformed = 1,

    /// <summary>This build appraises no evidence of that kind.</summary>
    KindUnknown = 2,

    /// <summary>Simulated evidence in a room that is not simulated, or real evidence in a simulated one.</summary>
    SimulatedNotAllowed = 3,

    /// <summary>The charter names no enclave of that kind.</summary>
    KindNotInPolicy = 4,

    /// <summary>The charter's reference values for that kind are incomplete or name something that this build cannot check.</summary>
    PolicyIncomplete = 5,

    /// <summary>The report has another length than its format.</summary>
    ReportLength = 10,

    /// <summary>The report does not begin with its format's mark.</summary>
    ReportMark = 11,

    /// <summary>The report has a version that this build does not know.</summary>
    ReportVersion = 12,

    /// <summary>The report names a signature algorithm other than the one that its format has.</summary>
    ReportAlgorithm = 13,

    /// <summary>Bits that the format reserves are set.</summary>
    ReportReserved = 14,

    /// <summary>A field holds a value out of its range.</summary>
    ReportRange = 15,

    /// <summary>The report names a processor, module or enclave vendor that this build does not know.</summary>
    VendorUnknown = 16,

    /// <summary>Bytes other than zero follow the end of the evidence.</summary>
    TrailingBytes = 17,

    /// <summary>The signature is not one by the pinned root over these bytes.</summary>
    SignatureInvalid = 20,

    /// <summary>A certificate of the chain, or the key that signs, is not at hand.</summary>
    CertificateMissing = 21,

    /// <summary>A certificate is not DER, or not of the profile that its vendor publishes.</summary>
    CertificateMalformed = 22,

    /// <summary>A certificate is not signed by the one above it, or the chain does not end at the pinned root.</summary>
    ChainInvalid = 23,

    /// <summary>A certificate is not yet or no longer valid at the time of appraisal.</summary>
    CertificateExpired = 24,

    /// <summary>A certificate stands on its issuer's revocation list.</summary>
    CertificateRevoked = 25,

    /// <summary>The certificate is of another kind than the report says that its key is.</summary>
    CertificateKind = 26,

    /// <summary>A revocation list that is needed is not at hand, or not signed by the authority whose it is.</summary>
    RevocationMissing = 27,

    /// <summary>The revocation list is older than its own next update and the grace that the charter gives.</summary>
    RevocationStale = 28,

    /// <summary>The certificate was issued for other security versions than the report gives.</summary>
    TcbMismatch = 29,

    /// <summary>The report data binds another nonce, other keys or another charter.</summary>
    ReportDataMismatch = 30,

    /// <summary>The enclave can be debugged.</summary>
    DebugEnabled = 31,

    /// <summary>The charter does not list this measurement.</summary>
    MeasurementNotApproved = 32,

    /// <summary>The charter does not list this privilege level.</summary>
    VmplNotApproved = 33,

    /// <summary>The charter does not list this host data.</summary>
    HostDataNotApproved = 34,

    /// <summary>A component of the platform is older than the charter's floor.</summary>
    TcbBelowFloor = 35,

    /// <summary>The report data is all zero: the host asked for the report, or nothing is bound.</summary>
    ReportDataZero = 36,

    /// <summary>The guest may be moved to another machine by a migration agent.</summary>
    MigrationAllowed = 37,

    /// <summary>The running firmware is not committed: the host can still go back to an older one.</summary>
    FirmwareProvisional = 38,

    /// <summary>The platform has not finished a check of its memory that the charter requires.</summary>
    PlatformRequirement = 39,

    /// <summary>The platform shows a state that the charter does not allow, or one that this build does not know.</summary>
    PlatformNotApproved = 40,

    /// <summary>The guest was started with rights that the charter does not allow.</summary>
    GuestPolicyNotApproved = 41,

    /// <summary>The charter does not list this version of the report's format.</summary>
    ReportVersionNotApproved = 42,

    /// <summary>The report is signed with a provider's key, not with the processor's own, and the charter does not allow that.</summary>
    SigningKeyNotApproved = 43,

    /// <summary>The report does not say which processor it is from.</summary>
    ChipMasked = 44,

    /// <summary>The certificate is another processor's.</summary>
    ChipMismatch = 45,

    /// <summary>The charter does not list this processor.</summary>
    ChipNotApproved = 46,

    /// <summary>The charter does not list the key that signed the guest's identity, or its author's.</summary>
    IdentityKeyNotApproved = 47,

    /// <summary>The guest's security version is below the charter's floor.</summary>
    GuestVersionBelowFloor = 48,

    /// <summary>A mitigation that the charter requires is not in place.</summary>
    MitigationMissing = 49,

    /// <summary>The charter gives no floor for this generation of processors.</summary>
    GenerationNotApproved = 50,

    /// <summary>The charter does not list this family or image id, or this configuration.</summary>
    ConfigurationNotApproved = 51,

    /// <summary>The quoting enclave's report is not signed by the platform's certificate.</summary>
    QuotingEnclaveSignature = 60,

    /// <summary>The quoting enclave does not vouch for the key that signed the quote.</summary>
    QuotingEnclaveBinding = 61,

    /// <summary>The quoting enclave is not the vendor's.</summary>
    QuotingEnclaveIdentity = 62,

    /// <summary>Collateral that is needed (TCB info, enclave identity) is not at hand.</summary>
    CollateralMissing = 63,

    /// <summary>Collateral is not signed by the vendor, or not of the form that it publishes.</summary>
    CollateralInvalid = 64,

    /// <summary>Collateral is not current at the time of appraisal.</summary>
    CollateralExpired = 65,

    /// <summary>Collateral is another platform's or another kind's, or older than what was seen before.</summary>
    CollateralMismatch = 66,

    /// <summary>No TCB level of the vendor covers this platform.</summary>
    TcbLevelMissing = 67,

    /// <summary>The vendor has revoked this TCB level.</summary>
    TcbRevoked = 68,

    /// <summary>The charter does not accept the platform's TCB status.</summary>
    TcbStatusNotApproved = 69,

    /// <summary>The charter does not accept this attribute of the trust domain or enclave.</summary>
    AttributesNotApproved = 70,

    /// <summary>A service domain, which could migrate the trust domain, is bound to it.</summary>
    ServiceDomainBound = 71,

    /// <summary>The TDX module is not the vendor's, or not one that the charter lists.</summary>
    ModuleNotApproved = 72,

    /// <summary>The charter does not list a runtime measurement.</summary>
    RuntimeMeasurementNotApproved = 73,

    /// <summary>The quote covers no acceptable bank, or other registers than the values that came with it, or not one that the charter names.</summary>
    QuoteSelection = 80,

    /// <summary>The quote's digest is not of the values that came with it.</summary>
    QuoteDigest = 81,

    /// <summary>The quote answers no challenge.</summary>
    NonceMissing = 82,

    /// <summary>The TPM's clock may have gone back.</summary>
    ClockNotSafe = 83,

    /// <summary>Nothing but the evidence itself says that the attestation key is a TPM's.</summary>
    AttestationKeyNotTrusted = 84,

    /// <summary>The key can sign what no TPM made.</summary>
    AttestationKeyNotRestricted = 85,

    /// <summary>The registers hold their values after reset: nothing was measured.</summary>
    NothingMeasured = 86,

    /// <summary>The token is another issuer's; instances can share keys, so only this tells whose policy was applied.</summary>
    IssuerNotApproved = 90,

    /// <summary>The token names no key, or more than one, to which secrets could be sealed.</summary>
    RuntimeKeyMissing = 91,
}
