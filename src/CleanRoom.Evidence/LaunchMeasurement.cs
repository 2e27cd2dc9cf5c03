using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence;

/// <summary>The measurement of the code that runs in an enclave: 48 bytes (SHA-384), or 32 (SHA-256) for SGX. Not a secret.</summary>
public sealed class LaunchMeasurement : IEquatable<LaunchMeasurement>
{
    /// <summary>48 bytes: SEV-SNP's launch digest, TDX's MRTD and the simulated measurement have this size.</summary>
    public const int Size = 48;

    /// <summary>32 bytes: SGX's MRENCLAVE.</summary>
    public const int SgxSize = 32;

    private readonly byte[] _digest;

    /// <summary>Keeps a copy of a digest.</summary>
    /// <param name="digest">48 or 32 bytes.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public LaunchMeasurement(ReadOnlySpan<byte> digest)
    {
        if (digest.Length is not (Size or SgxSize))
        {
            throw new ArgumentException($"A measurement has {Size} or {SgxSize} bytes, not {digest.Length}.", nameof(digest));
        }

        _digest = digest.ToArray();
    }

    /// <summary>The 48 or 32 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _digest;

    /// <summary>Reads 96 or 64 lower-case hexadecimal digits: exactly, or false.</summary>
    public static bool TryParse(string? hex, [NotNullWhen(true)] out LaunchMeasurement? measurement)
    {
        measurement = HexBytes.TryParse(hex, Size, out var bytes) || HexBytes.TryParse(hex, SgxSize, out bytes) ? new LaunchMeasurement(bytes) : null;
        return measurement is not null;
    }

    /// <inheritdoc/>
    public bool Equals(LaunchMeasurement? other) => other is not null && _digest.AsSpan().SequenceEqual(other._digest);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LaunchMeasurement);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_digest);

    /// <summary>The 96 or 64 lower-case hexadecimal digits that a charter lists.</summary>
    public override string ToString() => Convert.ToHexStringLower(_digest);
}
