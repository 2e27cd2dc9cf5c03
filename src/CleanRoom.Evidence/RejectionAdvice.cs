namespace CleanRoom.Evidence;

/// <summary>What to do about each reason: one table, so that every program gives the same advice.</summary>
internal static class RejectionAdvice
{
    private const string Resend = "Collect the evidence again; if it comes back the same, it was damaged or made up on the way.";
    private const string Approve = "Compare with what the members approved; if the new value is right, propose a charter version that lists it.";
    private const string Update = "Update the platform's firmware or microcode, or move the enclave to a machine that has it.";
    private const string Pack = "Import a current collateral pack.";
    private const string Restart = "Start the enclave again with the settings that the charter asks for.";

    public static string For(RejectionReason reason) => reason switch
    {
        RejectionReason.EnvelopeMalformed or RejectionReason.ReportLength or RejectionReason.ReportMark or RejectionReason.ReportReserved
            or RejectionReason.ReportRange or RejectionReason.TrailingBytes or RejectionReason.ReportAlgorithm => Resend,
        RejectionReason.KindUnknown or RejectionReason.ReportVersion or RejectionReason.VendorUnknown =>
            "Use a release of this program that knows the format, or a platform that it knows.",
        RejectionReason.SimulatedNotAllowed => "Run simulated enclaves in simulated rooms only, real ones in real rooms only.",
        RejectionReason.KindNotInPolicy or RejectionReason.PolicyIncomplete or RejectionReason.GenerationNotApproved =>
            "Propose a charter version whose reference values and floors for this kind of enclave are complete.",
        RejectionReason.SignatureInvalid => "Trust nothing in this evidence: it was changed after it was signed, or never came from this hardware.",
        RejectionReason.CertificateMissing => "Send the platform's certificates with the evidence, or import a collateral pack that holds them.",
        RejectionReason.CertificateMalformed or RejectionReason.ChainInvalid or RejectionReason.CertificateKind =>
            "Fetch the platform's certificates from the vendor's own service again.",
        RejectionReason.CertificateExpired => "Fetch new certificates for the platform and check the clock that the appraisal uses.",
        RejectionReason.CertificateRevoked => "Move the enclave to another machine: the vendor trusts this key no more.",
        RejectionReason.RevocationMissing or RejectionReason.RevocationStale or RejectionReason.CollateralMissing or RejectionReason.CollateralExpired => Pack,
        RejectionReason.CollateralInvalid or RejectionReason.CollateralMismatch =>
            "Fetch the collateral for this platform from the vendor's own service again, and import no older pack over a newer one.",
        RejectionReason.TcbMismatch => "Fetch the certificate for the security versions that the platform reports now.",
        RejectionReason.ReportDataMismatch or RejectionReason.ReportDataZero =>
            "Collect new evidence with this broker's nonce from the instance that holds the keys; refuse this one: it may be a replay.",
        RejectionReason.DebugEnabled => "Start the enclave without debug; a debugged enclave hides nothing from its host.",
        RejectionReason.MeasurementNotApproved or RejectionReason.HostDataNotApproved or RejectionReason.IdentityKeyNotApproved
            or RejectionReason.ConfigurationNotApproved or RejectionReason.ChipNotApproved or RejectionReason.ModuleNotApproved
            or RejectionReason.RuntimeMeasurementNotApproved or RejectionReason.ReportVersionNotApproved
            or RejectionReason.SigningKeyNotApproved or RejectionReason.TcbStatusNotApproved => Approve,
        RejectionReason.QuoteSelection or RejectionReason.QuoteDigest =>
            "Collect a quote over one SHA-256 or SHA-384 bank with every register that the charter names, and the values of exactly those.",
        RejectionReason.NonceMissing => "Collect new evidence with this broker's nonce; a quote without one may be as old as the machine.",
        RejectionReason.ClockNotSafe => "Shut the machine down in order and start it again, then collect new evidence.",
        RejectionReason.AttestationKeyNotTrusted => "Enrol the TPM's attestation key in the charter, by the hash of its public area.",
        RejectionReason.AttestationKeyNotRestricted => "Use a restricted signing key of the TPM as attestation key.",
        RejectionReason.IssuerNotApproved => "Get the token from the instance that the charter names, whose policy its members approved.",
        RejectionReason.RuntimeKeyMissing => "Put exactly one RSA key for encryption into the runtime data.",
        RejectionReason.NothingMeasured => "Start the machine with measured boot; registers that nothing extended name no software.",
        RejectionReason.VmplNotApproved or RejectionReason.MigrationAllowed or RejectionReason.GuestPolicyNotApproved
            or RejectionReason.AttributesNotApproved or RejectionReason.ServiceDomainBound => Restart,
        RejectionReason.TcbBelowFloor or RejectionReason.FirmwareProvisional or RejectionReason.MitigationMissing or RejectionReason.PlatformRequirement
            or RejectionReason.TcbLevelMissing or RejectionReason.TcbRevoked => Update,
        RejectionReason.PlatformNotApproved => "Change the platform's settings, or propose a charter version that allows this state.",
        RejectionReason.ChipMasked => "Ask the operator to stop masking the chip id, or propose a charter version that allows it.",
        RejectionReason.ChipMismatch => "Send the certificate of the processor that made the report: this one is another's.",
        RejectionReason.GuestVersionBelowFloor => "Start a newer image: this one has been superseded.",
        RejectionReason.QuotingEnclaveSignature or RejectionReason.QuotingEnclaveBinding or RejectionReason.QuotingEnclaveIdentity =>
            "Trust nothing in this evidence; reinstall the vendor's quoting enclave on the machine.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason without advice."),
    };
}
