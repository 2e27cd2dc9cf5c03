namespace CleanRoom.Evidence;

/// <summary>What appraised evidence shows. Made by an appraisal only.</summary>
public sealed record EvidenceClaims
{
    internal EvidenceClaims(string kind, bool simulated, string enclave, LaunchMeasurement measurement, int vmpl, TcbVersion tcb)
    {
        Kind = kind;
        Simulated = simulated;
        Enclave = enclave;
        Measurement = measurement;
        Vmpl = vmpl;
        Tcb = tcb;
    }

    /// <summary>Evidence kind, as in a charter's <c>tee</c>.</summary>
    public string Kind { get; }

    /// <summary>True if no hardware stands behind it.</summary>
    public bool Simulated { get; }

    /// <summary>The name of the charter's enclave whose reference values it met.</summary>
    public string Enclave { get; }

    /// <summary>Measurement of the running code.</summary>
    public LaunchMeasurement Measurement { get; }

    /// <summary>Privilege level, 0 (most) to 3.</summary>
    public int Vmpl { get; }

    /// <summary>Security versions of the platform.</summary>
    public TcbVersion Tcb { get; }
}
