using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Attestation.Rooms;

/// <summary>What a broker hands over to a stand-in of the same owner. Zeroed when it goes.</summary>
/// <param name="SignedCharter">The newest signed charter, canonical JSON.</param>
/// <param name="Genesis">Hash of the charter by which the owner's broker joined.</param>
/// <param name="Frozen">The owner has stopped all releases.</param>
/// <param name="Size">Last checkpoint that the owner's broker cosigned; 0 for none.</param>
/// <param name="Root">Its root; null for none.</param>
/// <param name="RecordKeys">The record keys.</param>
/// <param name="RoomSecret">The room secret.</param>
internal sealed record HandOver(
    ReadOnlyMemory<byte> SignedCharter, Digest Genesis, bool Frozen, long Size, Digest? Root, IReadOnlyList<HandedSecret> RecordKeys, HandedSecret RoomSecret) : IDisposable
{
    /// <summary>Type of the package's JWS.</summary>
    public const string Type = "cleanroom-hand-over+jws";

    /// <summary>Longest package, in bytes before its text form.</summary>
    public const int MaxSize = 1 << 20;

    /// <summary>HPKE info: what is sealed for one stand-in opens at no other.</summary>
    public static byte[] Info(KeyId to) => System.Text.Encoding.ASCII.GetBytes($"cleanroom/v1/hand-over\0{to}");

    public void Dispose()
    {
        foreach (var secret in RecordKeys.Append(RoomSecret))
        {
            CryptographicOperations.ZeroMemory(secret.Content.Span);
        }
    }
}

/// <summary>One secret.</summary>
/// <param name="Period">Period of the record key; 0 for the room secret.</param>
/// <param name="PublicKey">DER SubjectPublicKeyInfo; empty for the room secret.</param>
/// <param name="Custody">Name of the custody that gave it and must take it.</param>
/// <param name="Content">What that custody gave; the hand-over zeroes it.</param>
internal sealed record HandedSecret(int Period, ReadOnlyMemory<byte> PublicKey, string Custody, Memory<byte> Content);
