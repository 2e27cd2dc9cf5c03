namespace CleanRoom.Cryptography;

/// <summary>A key that signs, wherever its private half is: in memory (<see cref="SigningKey"/>) or in a token that never shows it. ECDSA on P-256 with SHA-256. Safe for concurrent use.</summary>
public interface ISigningKey : IDisposable
{
    /// <summary>The public half.</summary>
    VerifyingKey PublicKey { get; }

    /// <summary>Signs SHA-256 of <paramref name="data"/>.</summary>
    /// <returns>r ‖ s: <see cref="SigningKey.SignatureSize"/> bytes (IEEE P1363, RFC 7518 §3.4).</returns>
    byte[] Sign(ReadOnlySpan<byte> data);
}
