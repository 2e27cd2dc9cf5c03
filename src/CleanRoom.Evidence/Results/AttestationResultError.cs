namespace CleanRoom.Evidence.Results;

/// <summary>Why an attestation result does not count. 0 is not a reason.</summary>
public enum AttestationResultError
{
    /// <summary>Not a result in the one accepted form.</summary>
    Malformed = 1,

    /// <summary>Not signed by the verifier that is trusted.</summary>
    SignatureInvalid = 2,

    /// <summary>Not yet or no longer valid.</summary>
    Expired = 3,
}
