using System.Security.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>TPM_ALG_ID values that occur in quotes.</summary>
internal static class TpmAlgorithms
{
    public const ushort Rsa = 0x0001;
    public const ushort Sha1 = 0x0004;
    public const ushort Sha256 = 0x000B;
    public const ushort Sha384 = 0x000C;
    public const ushort Null = 0x0010;
    public const ushort RsaSsa = 0x0014;
    public const ushort EcDsa = 0x0018;
    public const ushort Ecc = 0x0023;

    /// <summary>The hash of a bank or scheme that this build accepts, or null. SHA-1 is none.</summary>
    public static HashAlgorithmName? Hash(ushort algorithm) => algorithm switch
    {
        Sha256 => HashAlgorithmName.SHA256,
        Sha384 => HashAlgorithmName.SHA384,
        _ => null,
    };

    /// <summary>Bytes of a bank's register; 0 for a bank that is not accepted.</summary>
    public static int Size(ushort algorithm) => algorithm switch { Sha256 => 32, Sha384 => 48, _ => 0 };
}
