namespace CleanRoom.Evidence;

/// <summary>Why evidence was refused: one code per cause, stable for ever. 0 is not a reason.</summary>
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

    /// <summary>The signature is not one by the pinned root over these bytes.</summary>
    SignatureInvalid = 20,

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
}
